import { spawn } from 'node:child_process';
import { GitSopsError } from '../../errors.ts';
import { findProgram } from '../../find-program.ts';
import type { Io } from '../io.ts';

export interface Running {
  readonly env: Io['env'];
  /** Whom to become first. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Gets what passes a signal on to the command. */
  started?(kill: (signal: NodeJS.Signals) => void): void;
}

/**
 * Runs a command line by the shell, on this program's own streams. @returns its exit code; 255 for one that a signal ended, as
 * sops has it
 */
export function runShell(command: string, { env, user, started }: Running): Promise<number> {
  return new Promise((resolve, reject) => {
    const [program, args] = shellOf(command);
    const child = spawn(program, args, { stdio: 'inherit', env, ...user, windowsVerbatimArguments: true });
    started?.((signal) => child.kill(signal));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new GitSopsError('command-not-started', { detail: error.code })),
    );
    child.on('close', (code) => resolve(code ?? 255));
  });
}

/** Starts it and does not wait. */
export function startShell(command: string, { env, user }: Running): void {
  const [program, args] = shellOf(command);
  spawn(program, args, { stdio: 'ignore', detached: true, env, ...user }).unref();
}

/**
 * The command in place of this program, where the runtime can do that (Node 22.15 and 23.11 on, not on Windows); else a child
 * that gets every signal which this program gets. Either way its exit code is the program's.
 */
export function becomeShell(command: string, running: Running): Promise<number> {
  const { execve } = process as { execve?: (file: string, args: string[], env: Io['env']) => never };
  if (execve !== undefined && process.platform !== 'win32' && running.user === undefined) {
    const [program, args] = shellOf(command);
    execve.call(process, program, [program, ...args], definedOnly(running.env));
  }
  return withSignals((started) => runShell(command, { ...running, started }));
}

/** While `work` lasts, signals that would end this program go to the command, which decides. */
export async function withSignals<T>(
  work: (started: (kill: (signal: NodeJS.Signals) => void) => void) => Promise<T>,
): Promise<T> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
  let passOn: ((signal: NodeJS.Signals) => void) | null = null;
  // The terminal sends an interrupt to the command as well: it is not sent twice.
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM' || signal === 'SIGHUP') passOn?.(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work((kill) => {
      passOn = kill;
    });
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

function shellOf(command: string): [string, string[]] {
  if (process.platform !== 'win32') return ['/bin/sh', ['-c', command]];
  const program = findProgram('cmd', process);
  if (program === null) throw new GitSopsError('command-not-started', { detail: 'ENOENT' });
  return [program, ['/C', command]];
}

function definedOnly(env: Io['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
