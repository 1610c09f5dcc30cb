import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createSandbox, type Finished, type Sandbox } from '../sandbox.ts';
import { pathFor, programOf, type Runtime } from './runtime.ts';

/** A sandbox with the built `git-sops` on its PATH and one throw-away identity in its home. */
export interface Team {
  readonly box: Sandbox;
  /** The identity's public side. */
  readonly recipient: string;
  /** Where the identity is; the real sops may use it too. */
  readonly keyFile: string;
  sops(...args: string[]): Promise<Finished>;
}

/** @param runtime what Git starts the filter with; Node is the one that every user has */
export async function createTeam(rules?: (recipient: string) => string, runtime: Runtime = 'node'): Promise<Team> {
  const box = await createSandbox();
  const bin = join(box.root, 'bin');
  await mkdir(bin);
  await symlink(programOf(runtime), join(bin, 'git-sops'));
  const withBin = box.with({ PATH: `${bin}:${pathFor(runtime, box.env['PATH'] ?? '', box.root)}` });
  const { text, recipient } = generateKeyFile();
  const keyFile = join(box.root, 'home/.config/sops/age/keys.txt');
  await mkdir(join(keyFile, '..'), { recursive: true });
  await writeFile(keyFile, text, { mode: 0o600 });
  const sops = (...args: string[]) => withBin.run('git', ['sops', ...args]);
  if (rules !== undefined) {
    await withBin.write('.sops.yaml', rules(recipient));
    const done = await sops('init', '--yes');
    if (done.code !== 0) throw new Error(done.stderr);
  }
  return { box: withBin, recipient, keyFile, sops };
}

export const secretRule = (recipient: string) =>
  `creation_rules:\n  - path_regex: (^|/)secrets/\n    age: ${recipient}\n`;
