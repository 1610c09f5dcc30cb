import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeFolder } from '../../keys/service/runtime-folder.ts';
import type { Io } from '../io.ts';

export interface PrivateFolder {
  /** Absolute. */
  readonly path: string;
  /** Whom a signal is passed on to: a child that must end first. */
  passSignals(to: (signal: NodeJS.Signals) => void): void;
  /** The signal that came, or null. */
  readonly signal: NodeJS.Signals | null;
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A folder that only this user can read, in memory where the system has such a place, for as long as `work` lasts. It is
 * removed on every way out that a program can take: the end, an error, SIGINT, SIGTERM, SIGHUP (SIGKILL leaves it behind).
 * After a signal this program ends by it, once `work` has.
 */
export async function withPrivateFolder<T>(
  { env, platform }: Pick<Io, 'env' | 'platform'>,
  work: (folder: PrivateFolder) => Promise<T>,
): Promise<T> {
  const path = await makeFolder(env, platform);
  let came: NodeJS.Signals | null = null;
  let passOn: ((signal: NodeJS.Signals) => void) | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    came ??= signal;
    passOn?.(signal);
  };
  const onExit = () => rmSync(path, { recursive: true, force: true });
  for (const signal of endings) process.on(signal, onSignal);
  process.on('exit', onExit);
  const folder: PrivateFolder = {
    path,
    passSignals(to) {
      passOn = to;
    },
    get signal() {
      return came;
    },
  };
  try {
    return await work(folder);
  } finally {
    // A child that is just ending may still write.
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
    for (const signal of endings) process.off(signal, onSignal);
    process.off('exit', onExit);
    if (came !== null) process.kill(process.pid, came);
  }
}

/**
 * A file that only this user can read, in a folder of its own that stays: in memory where the system has such a place.
 * @returns where it is, absolute
 */
export async function keepPrivately(
  name: string,
  content: Uint8Array,
  { env, platform }: Pick<Io, 'env' | 'platform'>,
): Promise<string> {
  const file = join(await makeFolder(env, platform), name);
  await writeFile(file, content, { mode: 0o600, flag: 'wx' });
  return file;
}

/** What a shell says of a program that a signal ended. */
export function codeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

async function makeFolder(env: Io['env'], platform: NodeJS.Platform): Promise<string> {
  for (const place of [runtimeFolder(env), platform === 'linux' ? '/dev/shm' : null]) {
    if (place === null) continue;
    // Mode 0700, and a name that nobody could have put there before.
    const made = await mkdtemp(join(place, 'git-sops-')).catch(() => null);
    if (made !== null) return made;
  }
  return mkdtemp(join(tmpdir(), 'git-sops-'));
}
