import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createTeam, secretRule, type Team } from '../repo/team.ts';

const path = 'secrets/db.yaml';
const fine = 'secrets/fine.yaml';

/** A merge that stopped at one of two covered files, and a rule that got a recipient since. */
async function stoppedMerge(): Promise<Team> {
  const team = await createTeam(secretRule);
  const { box, recipient } = team;
  await box.write(path, 'password: one\n');
  await box.write(fine, 'password: fine\n');
  await box.commit({}, 'secrets');
  await box.git('switch', '-qc', 'topic');
  await box.write(path, 'password: theirs\n');
  await box.commit({}, 'theirs');
  await box.git('switch', '-q', 'main');
  await box.write(path, 'password: ours\n');
  await box.commit({}, 'ours');
  expect((await box.tryGit(['merge', 'topic'])).code).toBe(1);
  await box.write('.sops.yaml', secretRule(`${recipient},${generateKeyFile().recipient}`));
  return team;
}

describe('a file in conflict has no keys to change yet', () => {
  it('--all and a folder name it before anything is written, and fail', async () => {
    const { box, sops } = await stoppedMerge();
    const before = await box.git('ls-files', '-s');
    for (const args of [
      ['rotate', '--all'],
      ['rotate', 'secrets'],
      ['updatekeys', '--all', '--yes'],
    ]) {
      const { code, stderr } = await sops(...args);
      expect([code, stderr]).toEqual([
        1,
        `git-sops: ${path}: is in conflict\n  try: resolve it, then git add -- ${path}\n`,
      ]);
      expect(await box.git('ls-files', '-s')).toBe(before);
    }
  });

  it('by its name it is told of as a conflict, and not as a spelling that sops does not read', async () => {
    const { box, sops } = await stoppedMerge();
    const text = await readFile(join(box.repo, path), 'utf8');
    for (const args of [
      ['rotate', path],
      ['updatekeys', '--yes', path],
      ['set', path, '["a"]', '1'],
      ['unset', path, '["a"]'],
      ['edit', path],
    ]) {
      const { code, stderr } = await sops(...args);
      expect([args[0], code, stderr]).toEqual([args[0], 1, expect.stringContaining(`${path}: is in conflict\n`)]);
    }
    expect(await readFile(join(box.repo, path), 'utf8')).toBe(text);
    await box.write(path, 'password: both\n');
    await box.git('add', path);
    expect((await sops('rotate', '--all')).code).toBe(0);
  });
});
