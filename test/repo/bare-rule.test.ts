import { expect, it } from 'vitest';
import { commitPast } from './past.ts';
import { createServed } from './served.ts';
import { createTeam } from './team.ts';

const plain = (password: string) => `user: admin\npassword: ${password}\n`;

/** sops takes the first for whoever says --age, and so do teams that name recipients in the environment. */
const rules = (recipient: string) => `creation_rules:
  - path_regex: (^|/)bare/
    encrypted_regex: ^password$
  - path_regex: (^|/)secrets/
    age: ${recipient}
`;

it('a rule without a recipient stops nothing but a file that it would have to name somebody for', async () => {
  const team = await createTeam(rules);
  const { box } = team;
  const base = await box.commit({ 'secrets/db.yaml': plain('hunter1'), 'readme.md': 'text\n' });
  await box.write('bare/new.yaml', plain('hunter2'));
  const refused = await box.tryGit(['add', '.']);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('.sops.yaml:2');
  expect(refused.stderr).toContain('without a recipient');
  expect(refused.stderr).not.toContain('hunter');
  // What somebody encrypted for whom they named passes, whoever that is.
  const encrypted = await team.sops(
    'encrypt',
    '--age',
    team.recipient,
    '--encrypted-regex',
    '^password$',
    'bare/new.yaml',
  );
  expect([encrypted.code, encrypted.stderr]).toEqual([0, '']);
  await box.write('bare/new.yaml', encrypted.stdout);
  await box.commit();
  expect((await box.blob('HEAD:bare/new.yaml')).toString()).toContain('user: admin\npassword: ENC[');
  for (const args of [[], ['--staged'], ['--worktree'], ['HEAD'], [`${base}..HEAD`], ['--history']]) {
    const done = await team.sops('check', ...args);
    expect([args, done.code, done.stderr]).toEqual([args, 0, '']);
  }
  const rotated = await team.sops('rotate', 'bare/new.yaml');
  expect([rotated.code, rotated.stderr]).toEqual([0, 'rotated and staged bare/new.yaml\n']);
  expect((await team.sops('check')).code).toBe(0);
});

it('P1: each gate refuses plaintext that a rule without a recipient covers, and what that rule wants encrypted', async () => {
  const served = await createServed(rules);
  const { box, push } = served;
  const base = await box.git('rev-parse', 'HEAD');
  await box.write('bare/weak.yaml', plain('hunter3'));
  const named = ['--age', served.recipient, '--encrypted-regex', '^user$'];
  const weak = await served.sops('encrypt', ...named, 'bare/weak.yaml');
  expect([weak.code, weak.stderr]).toEqual([0, '']);
  await commitPast(served, 'bare/weak.yaml', weak.stdout.toString());
  await commitPast(served, 'bare/leak.yaml', plain('hunter2'));
  for (const args of [[], ['HEAD'], [`${base}..HEAD`], ['--history']]) {
    const done = await served.sops('check', '--format', 'json', ...args);
    const found = JSON.parse(done.stdout.toString()).findings.map((f: { kind: string; path: string }) => [
      f.kind,
      f.path,
    ]);
    expect([args, found.sort()]).toEqual([
      args,
      [
        ['plaintext-file', 'bare/leak.yaml'],
        ['weaker-than-rule', 'bare/weak.yaml'],
      ],
    ]);
  }
  expect((await push('main')).stderr).toContain('bare/leak.yaml');
  await box.git('reset', '-q', '--soft', base);
  const hook = await box.tryGit(['commit', '-m', 'leak']);
  expect(hook.code).toBe(1);
  expect(hook.stderr).toContain('bare/leak.yaml');
});

it('init sets the filter up where a rule names nobody', async () => {
  const team = await createTeam();
  await team.box.write('.sops.yaml', rules(team.recipient));
  const done = await team.sops('init', '--yes');
  expect([done.code, done.stderr]).toEqual([0, '']);
  expect(await team.box.git('check-attr', 'filter', '--', 'bare/x.yaml')).toBe('bare/x.yaml: filter: sops');
});
