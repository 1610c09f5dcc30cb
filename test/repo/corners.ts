import { writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { expect } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { hasSops, sops } from '../sops.ts';
import { createTeam, secretRule, type Team } from './team.ts';

export const path = 'secrets/db.yaml';
export const secret = '# who\nuser: admin\npassword: hunter2\nurl: postgres\n';
/** The same with another password. `hunter…` stands for a secret in all these tests. */
export const password = (value: string) => secret.replace('hunter2', value);

export async function withSecret(more: Record<string, string> = {}): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.commit({ [path]: secret, 'plain.txt': 'plain\n', ...more }, 'first');
  return team;
}

/** P1: whatever the object database holds, in packs or loose, reachable or not, there is no secret in it. */
export async function nothingLeaked(box: Sandbox): Promise<void> {
  const objects = await box.gitBytes(['cat-file', '--batch-all-objects', '--batch']);
  expect(objects.toString('latin1')).not.toContain('hunter');
}

/** Every covered file of a revision is one that the real sops opens; `check` agrees where there is no sops. */
export async function sopsReads({ box, keyFile, sops: gitSops }: Team, revision = 'HEAD'): Promise<string> {
  const checked = await gitSops('check', revision);
  expect(checked.stdout.toString() + checked.stderr).toMatch(/^clean: /);
  expect(checked.code).toBe(0);
  const names = await box.gitBytes(['ls-tree', '-r', '-z', '--name-only', revision, '--', 'secrets']);
  let plaintext = '';
  for (const name of names.toString().split('\0').slice(0, -1)) {
    const input = await box.blob(`${revision}:${name}`);
    expect(input.toString(), name).toContain('ENC[');
    if (!hasSops) continue;
    const file = join(box.root, `stored${extname(name)}`);
    await writeFile(file, input);
    const done = sops(['decrypt', file], { env: { SOPS_AGE_KEY_FILE: keyFile } });
    expect(done.stderr, name).toBe('');
    plaintext += done.stdout.toString();
  }
  return plaintext;
}

/** Nothing is staged, nothing differs, and nobody is asked twice. */
export async function isClean(box: Sandbox): Promise<void> {
  expect(await box.git('status', '--porcelain')).toBe('');
}
