import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { encodeBech32 } from '../../src/keys/age/bech32.ts';
import { hasSops, sops as realSops } from '../sops.ts';
import { createTeam, type Team } from './team.ts';

const goBin = join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin');
const withGo = [goBin, process.env['PATH'] ?? ''].join(delimiter);
const hasPq = spawnSync('age-plugin-pq', ['--help'], { env: { PATH: withGo } }).error === undefined;

const recipient = encodeBech32('age1echo', new Uint8Array(8));
const identity = encodeBech32('age-plugin-echo-', new Uint8Array(8)).toUpperCase();
/** A plugin that hides nothing, but speaks the protocol; it writes down that it was started. */
const plugin = `#!/bin/sh
echo "$1" >> "$0.log"
while read -r line; do
  case $line in
    '-> done') break ;;
    '-> wrap-file-key' | '-> recipient-stanza 0 echo') read -r body ;;
  esac
done
read -r blank
case $1 in
  *recipient-v1) printf -- '-> recipient-stanza 0 echo\\n%s\\n' "$body" ;;
  *) printf -- '-> file-key 0\\n%s\\n' "$body" ;;
esac
read -r ok
read -r blank
printf -- '-> done\\n\\n'
`;

const rule = (...recipients: string[]) =>
  `creation_rules:\n  - path_regex: ^secrets/\n    age: [${recipients.join(', ')}]\n`;

async function withPlugin(): Promise<Team & { starts(): Promise<number> }> {
  const team = await createTeam(rule);
  const file = join(team.box.root, 'bin/age-plugin-echo');
  await writeFile(file, plugin, { mode: 0o755 });
  const starts = async () =>
    existsSync(`${file}.log`) ? (await readFile(`${file}.log`, 'utf8')).split('\n').length - 1 : 0;
  return { ...team, starts };
}

describe.runIf(process.platform !== 'win32')('age plugins', () => {
  it('a repository alone starts none in the filter; the user does, by a setting, an identity or a command', async () => {
    const { box, sops, keyFile, recipient: ada, starts } = await withPlugin();
    await box.write('.sops.yaml', rule(ada, recipient));
    await box.write('secrets/a.yaml', 'a: hunter2\n');
    const refused = await box.tryGit(['add', 'secrets/a.yaml']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(
      'asks for the age plugin "echo", and no program is started that only a repository names',
    );
    expect(refused.stderr).toContain('git config --global --add sops.agePlugin echo');
    expect(await box.git('ls-files', '--', 'secrets')).toBe('');
    expect(await starts()).toBe(0);

    // Somebody typed a command about this very file.
    const typed = await sops('encrypt', '--output', 'secrets/b.yaml', 'secrets/a.yaml');
    expect([typed.stderr, typed.code]).toEqual(['', 0]);
    expect(await starts()).toBe(1);
    await box.git('add', 'secrets/b.yaml');
    await box.git('config', '--global', '--add', 'sops.agePlugin', 'echo');
    await box.git('add', '--all');
    await box.git('commit', '-qm', 'first');
    expect(await starts()).toBe(2);
    await box.git('config', '--global', '--unset-all', 'sops.agePlugin');

    // What exists keeps its wrapped keys: editing, merging and checking out start nothing.
    await box.write('secrets/a.yaml', 'a: hunter3\n');
    await box.git('commit', '-qam', 'changed');
    await rm(box.path('secrets/b.yaml'));
    await box.git('checkout', '--', 'secrets');
    expect(await box.read('secrets/b.yaml')).toBe('a: hunter2\n');
    expect(await starts()).toBe(2);

    // An identity of one's own is a word about its program.
    await rm(keyFile);
    await writeFile(keyFile, `${identity}\n`, { mode: 0o600 });
    await rm(box.path('secrets'), { recursive: true });
    await box.git('checkout', '--', 'secrets');
    expect(await box.read('secrets/a.yaml')).toBe('a: hunter3\n');
    const opened = await starts();
    expect((await sops('doctor')).stdout.toString()).toContain('you have an identity of the age plugin "echo"');
    expect(await starts()).toBe(opened);
    expect(opened).toBeGreaterThan(2);
    await box.write('secrets/c.yaml', 'c: hunter4\n');
    await box.git('add', 'secrets/c.yaml');
    expect(await starts()).toBeGreaterThan(opened);
    expect((await box.blob(':secrets/c.yaml')).toString()).toContain(recipient);
  });

  it.each([
    ['rotate', 'rotate', '--all'],
    ['updatekeys', 'updatekeys', '--all', '--yes'],
  ])(
    '%s --all starts none for what lies in the repository; of a file that is named it is asked for',
    async (...given) => {
      const [, command = '', ...all] = given;
      const { box, sops, recipient: ada, starts } = await withPlugin();
      await box.commit({ '.sops.yaml': rule(ada), 'secrets/a.yaml': 'a: hunter2\n', 'secrets/b.yaml': 'b: hunter3\n' });
      await box.write('.sops.yaml', rule(ada, recipient));
      const before = await box.git('ls-files', '--stage', 'secrets');
      const refused = await sops(command, ...all);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('no program is started that only a repository names');
      expect([await starts(), await box.git('ls-files', '--stage', 'secrets')]).toEqual([0, before]);

      const named = await sops(command, ...all.slice(1), 'secrets/a.yaml');
      expect([named.stderr, named.code]).toEqual([expect.any(String), 0]);
      expect(await starts()).toBe(1);
      expect((await box.blob(':secrets/a.yaml')).toString()).toContain(recipient);

      // The user's word about the program reaches all files.
      await box.git('config', '--global', '--add', 'sops.agePlugin', 'echo');
      expect((await sops(command, ...all)).code).toBe(0);
      expect((await box.blob(':secrets/b.yaml')).toString()).toContain(recipient);
    },
  );

  it.skipIf(!hasSops)('real sops opens what is wrapped by one, and we what sops wraps (needs sops)', async () => {
    const { box, sops, keyFile } = await withPlugin();
    await writeFile(keyFile, `${identity}\n`, { mode: 0o600 });
    const env = { SOPS_AGE_KEY_FILE: keyFile, PATH: box.env['PATH'] ?? '' };
    await box.write('.sops.yaml', rule(recipient));
    await box.write('secrets/p.yaml', 'a: hunter2\n');
    const ours = await sops('encrypt', 'secrets/p.yaml');
    expect(ours.stderr).toBe('');
    await box.write('ours.yaml', ours.stdout);
    const opened = realSops(['decrypt', 'ours.yaml'], { cwd: box.repo, env });
    expect([opened.stderr, opened.stdout.toString()]).toEqual(['', 'a: hunter2\n']);
    const theirs = realSops(['encrypt', 'secrets/p.yaml'], { cwd: box.repo, env });
    await box.write('theirs.yaml', theirs.stdout);
    expect((await sops('decrypt', 'theirs.yaml')).stdout.toString()).toBe('a: hunter2\n');
  });

  it.skipIf(!hasPq)('age’s own post-quantum plugin opens in a checkout (needs age-plugin-pq)', async () => {
    const { box: outer, keyFile } = await createTeam();
    const hybrid = await generateHybridIdentity();
    const box = outer.with({ PATH: [outer.env['PATH'], goBin].join(delimiter) });
    await box.write('.sops.yaml', rule(await identityToRecipient(hybrid)));
    expect((await box.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    const converted = spawnSync('age-plugin-pq', ['-identity'], { env: { PATH: withGo }, input: `${hybrid}\n` });
    await writeFile(keyFile, converted.stdout);
    await box.commit({ 'secrets/a.yaml': 'a: hunter2\n' });
    await rm(box.path('secrets/a.yaml'));
    await box.git('checkout', '--', 'secrets');
    expect(await box.read('secrets/a.yaml')).toBe('a: hunter2\n');
    await appendFile(box.path('secrets/a.yaml') as string, 'b: hunter3\n');
    expect(await box.git('diff')).toContain('+b: hunter3');
    if (!hasSops) return;
    await box.git('add', '--all');
    await box.write('stored.yaml', await box.blob(':secrets/a.yaml'));
    const opened = realSops(['decrypt', 'stored.yaml'], {
      cwd: box.repo,
      env: { SOPS_AGE_KEY_FILE: keyFile, PATH: withGo },
    });
    expect([opened.stderr, opened.stdout.toString()]).toEqual(['', 'a: hunter2\nb: hunter3\n']);
  });
});
