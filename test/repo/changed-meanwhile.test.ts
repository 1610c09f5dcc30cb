import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTerminal, onTerminal } from '../on-terminal.ts';
import { hasSops } from '../sops.ts';
import { password, path, withSecret } from './corners.ts';
import { createTeam, secretRule, type Team } from './team.ts';

/**
 * The key comes from a command from now on. It changes something first: after the command that asks for the key has read its
 * file, and before it writes.
 */
async function whileTheKeyIsAskedFor({ box, keyFile }: Team, script: string): Promise<Record<string, string>> {
  const [moved, command] = [join(box.root, 'key'), join(box.root, 'key-command')];
  await rename(keyFile, moved);
  await writeFile(command, `#!/bin/sh\n${script}\ncat '${moved}'\n`, { mode: 0o755 });
  return { SOPS_AGE_KEY_CMD: command };
}

/** A newer blob of the secret that was staged, and is not any more. */
async function stagedOnce({ box }: Team): Promise<string> {
  await box.write(path, password('hunter3'));
  await box.git('add', path);
  const oid = await box.git('rev-parse', `:${path}`);
  await box.git('reset', '-q');
  await box.write(path, password('hunter2'));
  return oid;
}

const newcomer = 'age1hfrwcc845mpl7kv59h7mvayrfuvjq6tspfwl5lu7tng84fw2zc5sa6ws3c';
const other = 'secrets/other.yaml';

describe('lock and unlock write over nothing that they did not look at', () => {
  it('lock: the edit stays and is named, the other file is locked, exit 1', async () => {
    const team = await withSecret({ [other]: 'password: hunter5\n' });
    const { box } = team;
    const edit = password('hunter3');
    await writeFile(join(box.root, 'edit'), edit);
    const env = await whileTheKeyIsAskedFor(team, `cp ../edit ${path}`);
    const done = await box.run('git', ['sops', 'lock'], { env });
    expect(await box.read(path)).toBe(edit);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(`${path}: was changed by somebody else meanwhile`);
    expect(done.stdout.toString()).toBe('1 file is now ciphertext here\n');
    expect(await box.read(other)).toContain('ENC[');
  });

  it('lock: a file that somebody took away meanwhile does not come back', async () => {
    const team = await withSecret();
    const { box } = team;
    const env = await whileTheKeyIsAskedFor(team, `rm ${path}`);
    const done = await box.run('git', ['sops', 'lock'], { env });
    expect(done.code).toBe(1);
    expect(await box.git('status', '--porcelain')).toBe(` D ${path}`);
  });

  it('unlock: what lies here by now stays', async () => {
    const team = await withSecret();
    const { box, sops } = team;
    expect((await sops('lock')).code).toBe(0);
    await writeFile(join(box.root, 'edit'), password('hunter3'));
    const env = await whileTheKeyIsAskedFor(team, `cp ../edit ${path}`);
    const done = await box.run('git', ['sops', 'unlock'], { env });
    expect(await box.read(path)).toBe(password('hunter3'));
    expect(done.code).toBe(1);
  });

  it('deinit: the filter stays as long as a file is plaintext', async () => {
    const team = await withSecret();
    const { box } = team;
    await writeFile(join(box.root, 'edit'), password('hunter3'));
    // Asked for twice: by the plan, and by the lock.
    const env = await whileTheKeyIsAskedFor(team, `test -f ../once && cp ../edit ${path}; touch ../once`);
    const done = await box.run('git', ['sops', 'deinit', '--yes'], { env });
    expect(await box.read(path)).toBe(password('hunter3'));
    expect(done.code).toBe(1);
    expect(await box.git('config', 'filter.sops.required')).toBe('true');
    expect(await box.read('.gitattributes')).toContain('filter=sops');
  });
});

describe('sops’s commands write over nothing that they did not read', () => {
  it.each([
    ['updatekeys', ['updatekeys', '--yes', path]],
    ['rotate in place', ['rotate', '-i', path]],
    ['rotate, staged', ['rotate', '--all']],
    ['groups add', ['groups', 'add', '-i', '-f', path, '--age', newcomer]],
    ['set', ['set', path, '["password"]', '"hunter4"']],
    ['unset', ['unset', path, '["password"]']],
    ['decrypt in place', ['decrypt', '-i', path]],
  ])('%s: what somebody wrote while the key was asked for stays, exit 1', async (_name, command) => {
    const team = await withSecret();
    const { box, sops, recipient } = team;
    expect((await sops('lock')).code).toBe(0);
    await box.write('.sops.yaml', secretRule(`${recipient},${newcomer}`));
    const staged = await box.git('ls-files', '--stage');
    const env = await whileTheKeyIsAskedFor(team, `echo '# theirs' >>${path}`);
    const before = await box.read(path);
    const done = await box.run('git', ['sops', ...command], { env });
    expect(done.stderr).toContain(`${path}: was changed by somebody else meanwhile`);
    expect(done.code).toBe(1);
    expect(await box.read(path)).toBe(`${before}# theirs\n`);
    expect(await box.git('ls-files', '--stage')).toBe(staged);
  });

  it.each([
    ['updatekeys', ['updatekeys', '--yes', path]],
    ['rotate', ['rotate', path]],
  ])('%s: what somebody staged meanwhile stays staged', async (_name, command) => {
    const team = await withSecret();
    const { box, recipient } = team;
    await box.write('.sops.yaml', secretRule(`${recipient},${newcomer}`));
    const theirs = await stagedOnce(team);
    const env = await whileTheKeyIsAskedFor(team, `git update-index --cacheinfo 100644,${theirs},${path}`);
    const done = await box.run('git', ['sops', ...command], { env });
    expect(await box.git('rev-parse', `:${path}`)).toBe(theirs);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(`${path}: was changed by somebody else meanwhile`);
  });

  it.runIf(hasTerminal)('edit: what was typed is kept, privately and encrypted, where the answer is no', async () => {
    const { box, sops } = await withSecret();
    expect((await sops('lock')).code).toBe(0);
    const before = await box.read(path);
    const [editor, memory] = [join(box.root, 'editor'), join(box.root, 'run')];
    await mkdir(memory, { mode: 0o700 });
    await writeFile(editor, `#!/bin/sh\nsed -i s/hunter2/hunter3/ "$1"\necho '# theirs' >>${path}\n`, { mode: 0o755 });
    const env = { EDITOR: editor, XDG_RUNTIME_DIR: memory };
    const command = ['sh', '-c', `git sops edit ${path} </dev/tty`];
    const no = await onTerminal(box, [['Write your version over it?', 'n\r']], command, env);
    expect(no.code).toBe(1);
    expect(await box.read(path)).toBe(`${before}# theirs\n`);
    const kept = /what you wrote is kept in (\S+)/.exec(no.shown)?.[1] ?? '';
    expect(kept.startsWith(`${memory}/`)).toBe(true);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect((await stat(join(kept, '..'))).mode & 0o777).toBe(0o700);
    expect(await readFile(kept, 'utf8')).toContain('password: ENC[');
    expect((await sops('decrypt', kept)).stdout.toString()).toContain('hunter3');

    await box.write(path, before);
    const yes = await onTerminal(box, [['Write your version over it?', 'y\r']], command, env);
    expect(yes.code).toBe(0);
    expect((await sops('decrypt', path)).stdout.toString()).toContain('hunter3');
    expect(await readdir(memory)).toHaveLength(1);
  });
});

describe('recipients add is one step, or none', () => {
  /** Git asks the filter of `.sops.yaml` last before it stages, and that changes something. */
  async function withRace(team: Team, script: string): Promise<void> {
    const { box } = team;
    const filter = join(box.root, 'filter');
    await writeFile(filter, `#!/bin/sh\n{ if test -f ../once; then ${script}; fi; touch ../once; } >&2\ncat\n`, {
      mode: 0o755,
    });
    await box.git('config', 'filter.race.clean', filter);
    await box.write('.git/info/attributes', '.sops.yaml filter=race\n');
  }

  it('what somebody staged meanwhile stays staged, and no file is written', async () => {
    const team = await withSecret();
    const { box, sops } = team;
    const theirs = await stagedOnce(team);
    const rules = await box.read('.sops.yaml');
    await withRace(team, `git update-index --cacheinfo 100644,${theirs},${path}`);
    const done = await sops('recipients', 'add', newcomer, '--name', 'Bob');
    expect(await box.git('rev-parse', `:${path}`)).toBe(theirs);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(`${path}: was changed by somebody else meanwhile`);
    expect(await box.read('.sops.yaml')).toBe(rules);
    expect((await box.blob(':.sops.yaml')).toString()).toBe(rules);
  });

  it('what somebody wrote meanwhile stays, and the index is as it was', async () => {
    const team = await withSecret();
    const { box, sops } = team;
    expect((await sops('lock')).code).toBe(0);
    const [rules, staged, before] = [
      await box.read('.sops.yaml'),
      await box.git('ls-files', '-s'),
      await box.read(path),
    ];
    await withRace(team, `echo '# theirs' >>${path}`);
    const done = await sops('recipients', 'add', newcomer, '--name', 'Bob');
    expect(await box.read(path)).toBe(`${before}# theirs\n`);
    expect(done.code).toBe(1);
    expect(await box.git('ls-files', '-s')).toBe(staged);
    expect(await box.read('.sops.yaml')).toBe(rules);
    expect(await readdir(join(box.repo, '.git'))).not.toContainEqual(expect.stringMatching(/^index\./));
  });
});

it('a signal while the index is held lets it go, as it was', async () => {
  const { box, sops } = await withSecret();
  const staged = await box.git('ls-files', '-s');
  const filter = join(box.root, 'filter');
  // Asked twice before, and the third time when the index is refreshed.
  const kill = 'ls .git >../held; kill -TERM $(ps -o ppid= -p $PPID); sleep 1';
  await writeFile(filter, `#!/bin/sh\necho >>../asked\n[ $(wc -l <../asked) -ne 3 ] || { ${kill}; } >&2\ncat\n`, {
    mode: 0o755,
  });
  await box.git('config', 'filter.race.clean', filter);
  await box.write('.git/info/attributes', '.sops.yaml filter=race\n');
  expect((await sops('recipients', 'add', newcomer, '--name', 'Bob')).code).not.toBe(0);
  expect(await box.read('../held')).toContain('index.lock');
  expect(await readdir(join(box.repo, '.git'))).not.toContainEqual(expect.stringMatching(/^index\./));
  expect(await box.git('ls-files', '-s')).toBe(staged);
});

describe.runIf(hasTerminal)('what is agreed to is done to the files as they are by then', () => {
  const atTheQuestion = (command: string, script: string) => [
    'sh',
    '-c',
    `${command} </dev/tty 2>../log & until grep -q 'Go on' ../log; do sleep 0.1; done; ${script}; echo CHANGED; wait $!`,
  ];
  const agreed = [['CHANGED', 'y\r']] as const;

  it('init and deinit keep lines that somebody added to .gitattributes', async () => {
    const { box, recipient } = await createTeam();
    await box.commit({ '.gitattributes': '*.png binary\n' });
    const init = `git sops init --recipient ${recipient} --path 'secrets/*'`;
    const done = await onTerminal(box, agreed, atTheQuestion(init, `echo '*.psd binary' >>.gitattributes`));
    expect(done.code).toBe(0);
    expect(await box.read('.gitattributes')).toMatch(/^\*\.png binary\n\*\.psd binary\n[\s\S]*filter=sops/);
    const back = await onTerminal(
      box,
      agreed,
      atTheQuestion('git sops deinit', `echo '*.gif binary' >>.gitattributes`),
    );
    expect(back.code).toBe(0);
    expect(await box.read('.gitattributes')).toBe('*.png binary\n*.psd binary\n*.gif binary\n');
  });

  it.runIf(hasSops)('migrate takes all back where a file or an entry is another one by then (needs sops)', async () => {
    const { box, recipient, keyFile } = await createTeam();
    const type = '--input-type yaml --output-type yaml';
    await box.git('config', 'filter.secrets.clean', `sops -e ${type} --age ${recipient} /dev/stdin`);
    await box.git('config', 'filter.secrets.smudge', `SOPS_AGE_KEY_FILE=${keyFile} sops -d ${type} /dev/stdin`);
    const attributes = 'secrets/*.yaml filter=secrets\n';
    await box.commit({ '.gitattributes': attributes, 'secrets/a.yaml': 'password: hunter2\n' });
    const staged = await box.git('ls-files', '-s');
    const edited = await onTerminal(
      box,
      agreed,
      atTheQuestion('git sops migrate', `echo '*.png binary' >>.gitattributes`),
    );
    expect(edited.code).toBe(1);
    expect(await box.read('.gitattributes')).toBe(`${attributes}*.png binary\n`);
    expect(await box.git('ls-files', '-s')).toBe(staged);
    expect((await box.tryGit(['config', 'filter.sops.process'])).code).toBe(1);

    await box.write('.gitattributes', attributes);
    await box.write('other', 'theirs\n');
    const theirs = await box.git('hash-object', '-w', 'other');
    await rm(box.path('../log'));
    const stage = `git update-index --cacheinfo 100644,${theirs},secrets/a.yaml`;
    const raced = await onTerminal(box, agreed, atTheQuestion('git sops migrate', stage));
    expect(raced.code).toBe(1);
    expect(await box.git('rev-parse', ':secrets/a.yaml')).toBe(theirs);
    expect(await box.read('.gitattributes')).toBe(attributes);
    expect((await box.tryGit(['config', 'filter.sops.process'])).code).toBe(1);
  });

  it('init writes nothing by rules that are others by then', async () => {
    const { box, recipient } = await createTeam();
    const init = `git sops init --recipient ${recipient} --path 'secrets/*'`;
    const done = await onTerminal(box, agreed, atTheQuestion(init, 'echo "# theirs" >.sops.yaml'));
    expect(done.code).toBe(1);
    expect(await box.read('.sops.yaml')).toBe('# theirs\n');
    expect(await box.git('status', '--porcelain')).toBe('?? .sops.yaml');
    expect((await box.tryGit(['config', 'filter.sops.process'])).code).toBe(1);
  });
});
