import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { hasSops, sops as realSops } from '../sops.ts';
import { isClean, nothingLeaked, password, path, secret, sopsReads, withSecret } from './corners.ts';
import type { Team } from './team.ts';

async function inCiphertext(more: Record<string, string> = {}): Promise<Team> {
  const team = await withSecret(more);
  const done = await team.sops('init', '--yes', '--mode', 'ciphertext');
  expect(done.stderr).toBe('');
  return team;
}

/** No covered file that Git knows is plaintext here. */
async function noPlaintextHere(box: Sandbox): Promise<void> {
  for (const name of (await box.git('ls-files', '--', 'secrets')).split('\n'))
    expect(await box.read(name), name).not.toContain('hunter');
}

/** `git sops edit` with an editor that exchanges one word. */
function edit(team: Team, file: string, from: string, to: string): Promise<void> {
  return editBy(team, file, `s/${from}/${to}/`);
}

/** @param script for `sed` */
async function editBy({ box }: Team, file: string, script: string): Promise<void> {
  const editor = join(box.root, 'editor');
  await writeFile(editor, `#!/bin/sh\nsed -i '${script}' "$1"\n`, { mode: 0o755 });
  const done = await box.run('git', ['sops', 'edit', file], { env: { EDITOR: editor } });
  expect(done.stderr).toBe('');
  expect(done.code).toBe(0);
}

describe('init --mode ciphertext', () => {
  it('edit, add, diff, commit, log, check: the working tree stays ciphertext, what is shown is plaintext', async () => {
    const team = await inCiphertext();
    const { box, sops } = team;
    await noPlaintextHere(box);
    await isClean(box);
    await edit(team, path, 'hunter2', 'hunter3');
    await noPlaintextHere(box);
    expect(await box.git('diff')).toContain('-password: hunter2\n+password: hunter3');
    await box.git('add', path);
    // What is in the working tree is the blob, byte for byte.
    expect(await box.blob(`:${path}`)).toEqual(await box.readBytes(path));
    expect(await box.git('diff', '--cached')).toContain('+password: hunter3');
    await box.git('commit', '-qm', 'password');
    expect(await box.git('log', '-p', '-1')).toContain('+password: hunter3');
    expect(await box.git('log', '--format=%s', '-Shunter3')).toBe('password');
    expect(await box.git('show', `HEAD:${path}`)).toContain('password: ENC[');
    expect((await sops('diff', 'HEAD~')).stdout.toString()).toContain('"hunter2" → "hunter3"');
    expect((await sops('blame', path)).stdout.toString()).toContain('password: hunter3');
    expect((await sops('log', path, 'password')).stdout.toString()).toContain('password');
    expect((await sops('status')).stdout.toString()).toMatch(/db\.yaml +locked/);
    expect((await sops('check', '--worktree')).code).toBe(0);
    await isClean(box);
    await sopsReads(team);
    await nothingLeaked(box);
  });

  it.skipIf(!hasSops)('real sops edits and sets there as it does without us (needs sops)', async () => {
    const team = await inCiphertext();
    const { box, keyFile } = team;
    const env = { SOPS_AGE_KEY_FILE: keyFile };
    expect(realSops(['set', path, '["password"]', '"hunter3"'], { cwd: box.repo, env }).code).toBe(0);
    expect(await box.git('diff')).toContain('+password: hunter3');
    await box.git('commit', '-qam', 'by sops');
    expect(await box.blob(`HEAD:${path}`)).toEqual(await box.readBytes(path));
    await isClean(box);
    expect(await sopsReads(team)).toContain('hunter3');
  });

  it('P1: plaintext that somebody drops in is encrypted by git add, follows the blob, and lock takes it away', async () => {
    const team = await inCiphertext();
    const { box, sops } = team;
    const before = (await box.blob(`HEAD:${path}`)).toString();
    await box.write(path, password('hunter3'));
    await box.write('secrets/new.env', 'A=hunter4\n');
    expect(await box.git('diff')).toContain('+password: hunter3');
    // Not staged: nothing of it may be lost.
    const refused = await sops('lock');
    expect(refused.code).not.toBe(0);
    expect(await box.read(path)).toBe(password('hunter3'));
    await box.commit();
    const after = (await box.blob(`HEAD:${path}`)).toString();
    expect(/^user: .*$/m.exec(after)?.[0]).toBe(/^user: .*$/m.exec(before)?.[0]);
    await isClean(box);
    expect((await sops('lock')).code).toBe(0);
    await noPlaintextHere(box);
    await isClean(box);
    expect(await sopsReads(team)).toMatch(/hunter4|^$/);
    await nothingLeaked(box);
  });

  it('the hook refuses what went past the filter', async () => {
    const { box } = await inCiphertext();
    const oid = (await box.gitBytes(['hash-object', '-w', '--no-filters', '--stdin'], { input: secret })).toString();
    await box.git('update-index', '--add', '--cacheinfo', `100644,${oid.trim()},secrets/leak.yaml`);
    const refused = await box.tryGit(['commit', '-m', 'leak']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('secrets/leak.yaml');
  });

  it('checkout, merge, rebase and stash leave ciphertext; a conflict is solved by edit or by plaintext', async () => {
    const team = await inCiphertext();
    const { box } = team;
    await box.git('switch', '-q', '-c', 'topic');
    await edit(team, path, 'postgres', 'mysql');
    await box.git('commit', '-qam', 'url');
    await box.git('switch', '-q', 'main');
    await edit(team, path, 'admin', 'root');
    await box.git('commit', '-qam', 'user');
    await box.git('merge', '-q', '--no-edit', 'topic');
    await noPlaintextHere(box);
    await isClean(box);
    expect(await box.git('show', '--format=', 'HEAD^1', '--', path)).toContain('+user: root');
    expect(await box.git('diff', 'topic')).toContain('+user: root');
    await sopsReads(team);

    await edit(team, path, 'hunter2', 'hunter3');
    await box.git('stash', '-q');
    await noPlaintextHere(box);
    await box.git('stash', 'pop', '-q');
    expect(await box.git('diff')).toContain('+password: hunter3');
    await box.git('commit', '-qam', 'password');
    await box.git('switch', '-q', 'topic');
    await edit(team, path, 'hunter2', 'hunter4');
    await box.git('commit', '-qam', 'password too');
    const tip = await box.git('rev-parse', 'HEAD');
    const stopped = await box.tryGit(['rebase', 'main']);
    expect(stopped.code).not.toBe(0);
    expect(stopped.stderr).toContain(`try: git sops edit ${path}`);
    await noPlaintextHere(box);
    // The conflict is encrypted too, and neither staged nor committed as it is.
    expect(await box.git('diff', 'HEAD')).toContain('+=======\n');
    expect((await box.tryGit(['add', path])).code).not.toBe(0);
    expect((await box.tryGit(['commit', '-am', 'x'])).code).not.toBe(0);
    await box.write(path, password('hunter5').replace('admin', 'root').replace('postgres', 'mysql'));
    await box.git('add', path);
    await box.gitBytes(['rebase', '--continue'], { env: { GIT_EDITOR: 'true' } });
    expect(await box.git('diff', 'main')).toContain('+password: hunter5');

    // The same conflict again, settled in the editor: at first not all of it.
    await box.git('reset', '-q', '--hard', tip);
    expect((await box.tryGit(['rebase', 'main'])).code).not.toBe(0);
    expect((await team.sops('set', path, '["user"]', '"x"')).stderr).toContain('is in conflict');
    await edit(team, path, 'hunter4', 'hunter6');
    await noPlaintextHere(box);
    expect((await box.tryGit(['add', path])).code).not.toBe(0);
    await editBy(team, path, '/^<<<</d; /^====/d; /^>>>>/d; /hunter3/d');
    await noPlaintextHere(box);
    await box.git('add', path);
    await box.gitBytes(['rebase', '--continue'], { env: { GIT_EDITOR: 'true' } });
    expect(await box.git('diff', 'main')).toContain('+password: hunter6');
    await sopsReads(team);
    await nothingLeaked(box);
  });
});

describe('from one mode to the other', () => {
  it('is one command, there and back, and status stays empty', async () => {
    const team = await withSecret({ 'secrets/app.env': 'A=hunter1\n' });
    const { box, sops } = team;
    for (const [there, back] of [
      [
        ['init', '--yes', '--mode', 'ciphertext'],
        ['init', '--yes', '--mode', 'plaintext'],
      ],
      [['lock'], ['unlock']],
    ] as const) {
      expect((await sops(...there)).code).toBe(0);
      await noPlaintextHere(box);
      await isClean(box);
      // It lasts, for other working trees too, and init leaves it.
      expect((await sops('init', '--yes')).stdout.toString()).toBe('Everything is set up.\n');
      await box.git('checkout', '-q', '--detach');
      await noPlaintextHere(box);
      expect((await sops(...back)).code).toBe(0);
      expect(await box.read(path)).toBe(secret);
      expect(await box.read('secrets/app.env')).toBe('A=hunter1\n');
      await isClean(box);
      await box.git('switch', '-q', 'main');
    }
  });

  it.each([['init', '--yes', '--mode', 'ciphertext'], ['lock']])(
    'to ciphertext refuses as a whole where a change is not staged: %s',
    async (...command) => {
      const { box, sops } = await withSecret({ 'secrets/app.env': 'A=hunter1\n' });
      await box.write('secrets/app.env', 'A=hunter6\n');
      const config = await box.git('config', '--local', '--list');
      const refused = await sops(...command);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('secrets/app.env');
      expect(refused.stderr).not.toContain('hunter');
      expect(await box.git('config', '--local', '--list')).toBe(config);
      expect(await box.read(path)).toBe(secret);
      expect(await box.read('secrets/app.env')).toBe('A=hunter6\n');
      // Staged is safe: Git has it.
      await box.git('add', '.');
      expect((await sops(...command)).code).toBe(0);
      await noPlaintextHere(box);
      expect(await box.git('status', '--porcelain')).toBe('M  secrets/app.env');
      expect((await sops('unlock')).code).toBe(0);
      expect(await box.read('secrets/app.env')).toBe('A=hunter6\n');
      await nothingLeaked(box);
    },
  );

  it('to plaintext keeps edits of ciphertext and of dropped plaintext', async () => {
    const team = await inCiphertext({ 'secrets/app.env': 'A=hunter1\n', 'secrets/c.json': '{"a": "hunter9"}\n' });
    const { box, sops } = team;
    await edit(team, path, 'hunter2', 'hunter3');
    await box.write('secrets/app.env', 'A=hunter6\n');
    const edited = await box.read(path);
    expect((await sops('init', '--yes', '--mode', 'plaintext')).code).toBe(0);
    expect(await box.read('secrets/c.json')).toBe('{"a": "hunter9"}\n');
    expect(await box.read(path)).toBe(edited);
    expect(await box.read('secrets/app.env')).toBe('A=hunter6\n');
    await box.git('add', '.');
    expect((await sops('unlock')).code).toBe(0);
    expect(await box.read(path)).toBe(password('hunter3'));
    await box.git('commit', '-qm', 'all');
    await isClean(box);
    await sopsReads(team);
    await nothingLeaked(box);
  });

  it('a worktree follows, a clone chooses for itself', async () => {
    const { box, sops } = await inCiphertext();
    await box.git('worktree', 'add', '-q', '-b', 'side', join(box.root, 'side'));
    expect(await box.at(join(box.root, 'side')).read(path)).toContain('ENC[');
    await box.git('clone', '-q', box.repo, join(box.root, 'clone'));
    const clone = box.at(join(box.root, 'clone'));
    expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    expect(await clone.read(path)).toBe(secret);
    expect((await sops('doctor')).stdout.toString()).toContain('ciphertext in the working tree');
  });
});
