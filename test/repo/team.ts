import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { commitHooks } from '../../src/git/hook-events.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createSandbox, type Finished, type Sandbox } from '../sandbox.ts';
import { pathFor, programOf, type Runtime, runtimes } from './runtime.ts';

/** A sandbox with the built `git-sops` on its PATH and one throw-away identity in its home. */
export interface Team {
  readonly box: Sandbox;
  /** The identity's public side. */
  readonly recipient: string;
  /** Where the identity is; the real sops may use it too. */
  readonly keyFile: string;
  sops(...args: string[]): Promise<Finished>;
}

/** @param runtime what Git starts the filter with */
export async function createTeam(rules?: (recipient: string) => string, runtime = usualRuntime()): Promise<Team> {
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
    await initialize(withBin, `${runtime} ${rules('age1…')}`, sops);
  }
  return { box: withBin, recipient, keyFile, sops };
}

/** What init writes into a fresh repository: the same for the same rules, whoever their recipient is. */
const written = ['.gitattributes', '.git/config', ...commitHooks.map((name) => `.git/hooks/${name}`)];

/** Runs init for the first team with these rules; what it wrote then is written for the others. Tests of init itself run it themselves. */
async function initialize(box: Sandbox, kind: string, sops: Team['sops']): Promise<void> {
  const folder = join(dirname(dirname(programOf('node'))), 'teams', createHash('sha256').update(kind).digest('hex'));
  if (!existsSync(folder)) {
    const done = await sops('init', '--yes');
    if (done.code !== 0) throw new Error(done.stderr);
    const own = `${folder}-${process.pid}`;
    for (const name of written) await cp(join(box.repo, name), join(own, name));
    // Another worker may have been faster.
    await rename(own, folder).catch(() => rm(own, { recursive: true }));
    return;
  }
  for (const name of written) await cp(join(folder, name), join(box.repo, name));
}

/**
 * Node is what every user has, the executable the quickest, also for these tests: they take turns, by the name of the test's file.
 * `GIT_SOPS_TEST_RUNTIME` names one for all.
 */
function usualRuntime(): Runtime {
  const named = runtimes.find((runtime) => runtime === process.env['GIT_SOPS_TEST_RUNTIME']);
  if (named !== undefined) return named;
  const { testPath = '' } = expect.getState();
  const [first = 0] = createHash('sha256').update(basename(testPath)).digest();
  return first % 2 === 0 && runtimes.includes('standalone') ? 'standalone' : 'node';
}

export const secretRule = (recipient: string) =>
  `creation_rules:\n  - path_regex: (^|/)secrets/\n    age: ${recipient}\n`;
