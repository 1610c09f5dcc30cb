import { expect, it } from 'vitest';
import { createTeam, secretRule } from '../repo/team.ts';

it('an argument that is no recipient or expression is named, not the file', async () => {
  const { box, sops } = await createTeam(secretRule);
  await box.write('f.yaml', 'a: 1\n');
  await box.write('secrets/db.yaml', 'a: 1\n');
  await box.commit();
  await box.write('e.yaml', await box.blob('HEAD:secrets/db.yaml'));
  for (const [argument, code, says, ...args] of [
    ['--age', 1, 'names an age recipient', 'encrypt', '--filename-override', 'secrets/f.yaml', '--age', 'zz', 'f.yaml'],
    ['--pgp', 1, 'names a key of type pgp', 'encrypt', '--filename-override', 'secrets/f.yaml', '--pgp', 'z', 'f.yaml'],
    ['--age', 1, 'names an age recipient', 'edit', '--age', 'zz', 'secrets/new.yaml'],
    ['--add-age', 1, 'names an age recipient', 'rotate', '--add-age', 'zz', 'e.yaml'],
    ['--age', 1, 'names an age recipient', 'groups', 'add', '--file', 'e.yaml', '--age', 'zz'],
    ['--encrypted-regex', 2, 'has a regular', 'encrypt', '--encrypted-regex', '(', 'secrets/db.yaml'],
    ['RECIPIENT', 111, 'names an age recipient', 'recipients', 'add', 'age1broken'],
    ['RECIPIENT', 111, 'names a key of type pgp', 'recipients', 'add', 'pgp:zz'],
  ] as const) {
    const done = await sops(...args);
    expect([args, done.code, done.stderr.split('\n')[0]]).toEqual([
      args,
      code,
      expect.stringContaining(`git-sops: ${argument}: ${says}`),
    ]);
  }
  expect(await box.git('status', '--short', '--untracked-files=no')).toBe('');
});

it('of standard input no command is told that would look for a file of that name', async () => {
  const { box, recipient } = await createTeam(secretRule);
  const plain = await box.run('git', ['sops', 'decrypt'], { input: 'a: 1\n' });
  expect(plain.stderr).toBe('git-sops: standard input: is not encrypted: it has no sops metadata\n');
  await box.commit({ 'secrets/db.yaml': 'a: 1\n' });
  const args = ['sops', 'encrypt', '--age', recipient, '--filename-override', 'secrets/x.yaml'];
  const twice = await box.run('git', args, { input: await box.blob('HEAD:secrets/db.yaml') });
  expect([twice.code, twice.stderr]).toEqual([203, 'git-sops: standard input: is encrypted already\n']);
});

it('git sops diff outside of a repository says so, and not how another diff of Git is used', async () => {
  const { box } = await createTeam();
  const { code, stderr } = await box.run('git', ['sops', 'diff', 'HEAD'], { cwd: box.root });
  expect([code, stderr]).toEqual([2, 'git-sops: this is no Git working tree\n  try: cd into one, or git init\n']);
});
