import { runGit } from '../../git/run.ts';
import type { Io } from '../io.ts';
import { driverSections, driverSettings, fastestProgram, isLocked, isUnrecorded } from './drivers.ts';

/** Where Git configuration goes: this clone, or all clones of this user. */
export type Scope = '--local' | '--global';

/**
 * The settings that differ from what is configured; empty when there is nothing to do.
 * @param unrecorded default: as it is now
 */
export async function missingSettings(
  io: Io,
  scope: Scope,
  locked: boolean,
  unrecorded?: boolean,
): Promise<(readonly [string, string])[]> {
  const merge = unrecorded ?? isUnrecorded(await readSetting('merge.sops.driver', scope));
  const wanted = driverSettings(fastestProgram(io), locked, merge);
  const missing: (readonly [string, string])[] = [];
  for (const setting of wanted) if ((await readSetting(setting[0], scope)) !== setting[1]) missing.push(setting);
  return missing;
}

export async function writeSettings(settings: readonly (readonly [string, string])[], scope: Scope): Promise<void> {
  for (const [name, value] of settings) await runGit(['config', scope, '--replace-all', name, value]);
}

export async function removeSettings(scope: Scope): Promise<void> {
  for (const section of driverSections) {
    await runGit(['config', scope, '--remove-section', section], { okCodes: [0, 1, 5, 128] });
  }
}

/** Whether there is anything to take away. */
export async function hasSettings(scope: Scope): Promise<boolean> {
  const sections = driverSections.map((name) => name.replace('.', '\\.')).join('|');
  const { code } = await runGit(['config', scope, '--get-regexp', `^(${sections})\\.`], { okCodes: [0, 1] });
  return code === 0;
}

/** A setting's value, or null. Without a scope: the one that Git goes by. */
export async function readSetting(name: string, scope?: Scope): Promise<string | null> {
  const args = ['config', ...(scope === undefined ? [] : [scope]), '-z', '--get', name];
  const { stdout, code } = await runGit(args, { okCodes: [0, 1] });
  return code === 0 ? stdout.toString().replace(/\0$/, '') : null;
}

/** Whether this clone's working tree keeps ciphertext. */
export async function lockedHere(): Promise<boolean> {
  return isLocked(await readSetting('filter.sops.process'));
}

/** Whether the filter is set up in this clone; where it is not required, Git stores what it could not encrypt. */
export async function filtersHere(): Promise<boolean> {
  return (await readSetting('filter.sops.process')) !== null && (await readSetting('filter.sops.required')) === 'true';
}

/** Locks or unlocks what later checkouts write. */
export async function setLocked(io: Io, locked: boolean): Promise<void> {
  await writeSettings(await missingSettings(io, '--local', locked), '--local');
}
