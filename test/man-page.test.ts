import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('docs/man/git-sops.1', 'utf8');

it('docs/man/git-sops.1 says what the commands say of themselves (npm run man makes it anew)', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['scripts/man.mjs', '-'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe(page);
  expect(page).toContain('\\fB\\-y\\fR, \\fB\\-\\-yes\\fR');
});

it.skipIf(spawnSync('groff', ['--version']).status !== 0)('groff has nothing to say against it (needs groff)', () => {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], { input: page, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toContain('recipients');
});
