import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { managedLines, withManagedLines, withoutManagedLines } from '../../git/attributes-file.ts';
import { decodePath, encodePath, type GitPath } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';
import { replaceFile } from '../../git/work-file.ts';
import type { Io } from '../io.ts';
import { attributeLines } from './attributes-plan.ts';
import { isUnrecorded, usualMarkerSize } from './drivers.ts';
import { lockedHere, missingSettings, readSetting, writeSettings } from './set-up.ts';
import type { Step } from './step.ts';

export const rerereKinds = ['on', 'off'] as const;
/** Whether Git's rerere, where it is on, records conflicts of covered files too. What it records is the working file: plaintext. */
export type RerereKind = (typeof rerereKinds)[number];

/**
 * rerere knows no paths to leave out. It looks for markers of the size that the attribute `conflict-marker-size` names, and a
 * file in which it finds none has nothing to record (git's rerere.c, handle_file). So the attribute names another size than
 * the merge driver writes.
 */
const attribute = `conflict-marker-size=${usualMarkerSize + 1}`;

/** What must be written; asked for nothing, what was chosen stays, and follows the rules. @param read a file of the repository */
export async function rererePlan(
  io: Io,
  asked: RerereKind | undefined,
  read: (path: GitPath) => Promise<Uint8Array | null>,
): Promise<Step[]> {
  const off = asked === undefined ? await isOffHere() : asked === 'off';
  const steps: Step[] = [];
  const file = await attributesFile();
  const before = readText(file);
  const lines = off ? await attributeLines(read, [attribute]) : null;
  if (JSON.stringify(managedLines(before)) !== JSON.stringify(lines)) {
    const after = lines === null ? withoutManagedLines(before) : withManagedLines(before, lines);
    steps.push({
      what: `${off ? 'write' : 'take'} ${attribute} ${off ? 'to' : 'out of'} this clone’s info/attributes`,
      run: () => writeText(file, after),
    });
  }
  if (off !== (await isOffHere())) {
    steps.push({
      what: `let merges write conflict markers that rerere ${off ? 'does not see' : 'sees'}`,
      run: async () => writeSettings(await missingSettings(io, '--local', await lockedHere(), off), '--local'),
    });
  }
  return steps;
}

/** Takes our lines away, for `deinit`; empty where there are none. */
export async function rerereRemoval(): Promise<Step[]> {
  const file = await attributesFile();
  const before = readText(file);
  if (managedLines(before) === null) return [];
  return [
    {
      what: 'take the lines out of info/attributes',
      run: () => writeText(file, withoutManagedLines(before)),
    },
  ];
}

/** Where rerere keeps what it records of covered files, in plaintext; null where it records none of them. */
export async function rerereCache(): Promise<string | null> {
  if ((await isOffHere()) || (await lockedHere())) return null;
  const cache = await gitPath('rr-cache');
  const args = ['config', '--type=bool', '--get', 'rerere.enabled'];
  const { stdout, code } = await runGit(args, { okCodes: [0, 1] });
  // Without the setting the folder alone turns it on.
  const on = code === 0 ? stdout.toString().trim() === 'true' : existsSync(encodePath(cache));
  return on ? cache : null;
}

async function isOffHere(): Promise<boolean> {
  return isUnrecorded(await readSetting('merge.sops.driver'));
}

function attributesFile(): Promise<GitPath> {
  return gitPath(join('info', 'attributes'));
}

async function gitPath(name: string): Promise<GitPath> {
  const { stdout } = await runGit(['rev-parse', '--path-format=absolute', '--git-path', name]);
  return decodePath(stdout).replace(/\n$/, '');
}

function readText(file: GitPath): string {
  return existsSync(encodePath(file)) ? decodePath(readFileSync(encodePath(file))) : '';
}

async function writeText(file: GitPath, text: string): Promise<void> {
  mkdirSync(encodePath(dirname(file)), { recursive: true });
  await replaceFile(encodePath(file), encodePath(text), null);
}
