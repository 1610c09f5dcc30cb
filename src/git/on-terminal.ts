import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { GitSopsError } from '../errors.ts';
import { gitProgram } from './git-program.ts';

export interface TerminalOptions {
  readonly cwd?: string | undefined;
  /** Added to the environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Gets a function that passes a signal on. */
  started?(kill: (signal: NodeJS.Signals) => void): void;
}

/**
 * Runs `git` for the user: with the user's terminal, pager, editor, colours and language. Ctrl-C goes to Git alone, which
 * may have a pager or an editor to wait for.
 * @returns its exit code, as a shell would give it
 */
export function gitOnTerminal(args: readonly string[], { cwd, env, started }: TerminalOptions = {}): Promise<number> {
  const entries = Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined);
  const whole = Object.fromEntries(entries);
  const wait = () => {};
  process.on('SIGINT', wait);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(gitProgram(whole), args, { cwd, env: whole, stdio: 'inherit' });
    started?.((signal) => child.kill(signal));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(new GitSopsError('git-missing', { detail: cause.code ?? 'unknown error' }, { cause }));
    });
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }).finally(() => process.off('SIGINT', wait));
}
