import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

it('P7: a mistyped revision or path is refused with exit 2 by whatever would judge nothing, and what is there is judged', async () => {
  const { box } = await createTeam(secretRule);
  await box.commit({ 'secrets/db.yaml': secret, 'secrets/old.yaml': secret, 'docs/a.md': 'a\n' });
  await box.git('rm', '-q', 'secrets/old.yaml');
  await box.git('commit', '-qm', 'without the old one');
  await box.git('checkout', '-q', '-b', 'side');
  await box.commit({ 'secrets/side.yaml': secret });
  await box.git('checkout', '-q', '-');
  await box.commit({ 'docs/late.md': 'b\n' });
  await box.write('docs/new.md', 'not added\n');
  const sops = (line: readonly string[], cwd = box.repo) => box.tryGit(['sops', ...line], { cwd });

  const refused: readonly (readonly [readonly string[], string])[] = [
    [['check', 'origin/mian'], 'origin/mian names no revision, and no file and no folder in the index'],
    [['check', 'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef'], 'names no revision'],
    [['check', 'HEAD^{foo}'], 'names no revision'],
    [['check', 'secrets/db.yaml', 'secrets/typo.yaml'], 'secrets/typo.yaml: is no file and no folder in the index'],
    [['check', '--', 'nosuch'], 'nosuch: is no file and no folder in the index'],
    [['check', ''], 'an operand is empty'],
    [['check', 'HEAD', ''], 'an operand is empty'],
    [['check', 'HEAD', 'secrets/old.yaml'], 'secrets/old.yaml: is no file and no folder in HEAD'],
    [['check', 'HEAD~1..HEAD', 'nosuch'], 'in HEAD~1..HEAD'],
    [['check', '--staged', 'nosuch'], 'in the index or in HEAD'],
    [['check', '--worktree', 'nosuch'], 'in the working tree'],
    [['check', '--history', 'nosuch'], 'in the history'],
    [['check', '--history', 'HEAD', 'nosuch'], 'in HEAD'],
    // Only the revision that is named counts: HEAD has the second, and not the first.
    [['check', '--history', 'HEAD~2', 'docs/late.md'], 'in HEAD~2'],
    [['check', 'docs/new.md'], 'names no revision'],
    [['flux', 'check', 'nosuch'], 'nosuch: is no folder in the index'],
    [['flux', 'check', 'docs/a.md'], 'docs/a.md: is no folder in the index'],
    [['flux', 'check', ''], 'an operand is empty'],
    [['lock', 'nosuch'], 'nosuch: is no file and no folder in the index'],
    [['unlock', ''], 'an operand is empty'],
    [['status', 'nosuch'], 'nosuch: is no file and no folder in the index'],
    [['status', '--age', 'nosuch'], 'nosuch: is no file and no folder in the index'],
    [['recipients', 'list', 'nosuch'], 'nosuch: is no file and no folder in the index'],
    [['log', 'nosuch'], 'no encrypted file at nosuch'],
  ];
  for (const [line, why] of refused) {
    const { code, stderr, stdout } = await sops(line);
    expect({ line, code, stderr, out: stdout.toString() }).toEqual({
      line,
      code: 2,
      stderr: expect.stringContaining(why),
      out: '',
    });
    expect(stderr).toContain('  try: ');
  }
  const below = await sops(['check', 'secrets'], join(box.repo, 'secrets'));
  expect(below.code).toBe(2);
  expect(below.stderr).toContain('(from the top of the repository: secrets/secrets)');

  const fine: readonly (readonly [readonly string[], string])[] = [
    [['check', '.'], 'clean: 1 covered file in the index'],
    [['check', 'docs'], 'clean: 0 covered files in the index'],
    [['check', 'HEAD', 'secrets/'], 'clean: 1 covered file in HEAD'],
    [['check', 'HEAD~2', 'secrets/old.yaml'], 'clean: 1 covered file in HEAD~2'],
    [['check', 'HEAD~2..HEAD', 'secrets/old.yaml'], 'clean: 0 covered files'],
    [['check', '--worktree', 'docs/new.md'], 'clean: 0 covered files'],
    [['check', '--history', 'secrets/old.yaml'], 'clean: 1 version in the history'],
    [['check', '--history', 'side', 'secrets/side.yaml'], 'clean: 1 version in the history of side'],
    [['lock', 'docs'], '0 files are now ciphertext here'],
  ];
  for (const [line, told] of fine) {
    const { code, stderr, stdout } = await sops(line);
    expect({ line, code, stderr, out: stdout.toString() }).toEqual({
      line,
      code: 0,
      stderr: '',
      out: expect.stringContaining(told),
    });
  }

  // What is both is refused as Git refuses it, and `--` says which is meant. A leak stands in the one, and not in the other.
  await box.git('branch', 'docs', 'HEAD');
  await box.write('.gitattributes', '');
  await box
    .commit({ 'docs/secrets/leak.yaml': secret })
    .catch(() => box.git('commit', '-q', '--no-verify', '-m', 'leak'));
  const ambiguous = await sops(['check', 'docs']);
  expect(ambiguous.code).toBe(2);
  expect(ambiguous.stderr).toContain('docs is both a revision and a file or folder here');
  expect(ambiguous.stderr).toContain('git sops check docs -- for the revision, git sops check -- docs for the path');
  expect((await sops(['check', 'docs', 'secrets'])).code).toBe(2);
  expect((await sops(['check', 'docs', '--'])).stdout.toString()).toContain('clean: 1 covered file in docs');
  expect((await sops(['check', 'docs'], join(box.repo, 'secrets'))).stdout.toString()).toContain('clean:');
  const path = await sops(['check', '--', 'docs']);
  expect([path.code, path.stdout.toString()]).toEqual([1, expect.stringContaining('docs/secrets/leak.yaml')]);
  await box.git('branch', '-D', '-q', 'docs');
  await box.git('reset', '-q', '--hard', 'HEAD~');

  await box.git('rm', '-q', '-r', 'docs');
  expect((await sops(['check', '--staged', 'docs'])).code).toBe(0);
});
