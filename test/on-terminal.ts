import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Sandbox } from './sandbox.ts';

export interface OnTerminal {
  /** Negative for a signal; `hangs` after a minute. */
  readonly code: number | 'hangs';
  readonly shown: string;
  /** Whether the terminal shows again what is typed. */
  readonly echoes: boolean | null;
  /** Answers that nobody asked for. */
  readonly left: readonly unknown[];
}

const script = resolve('test/on-terminal.py');

/** Pseudo-terminals come with Python, on every system that has them. */
export const hasTerminal = spawnSync('python3', ['-c', 'import pty']).status === 0;
if (process.env['GIT_SOPS_REQUIRE_SOPS'] && !hasTerminal) throw new Error('python3 is required here and was not found');

/** A user at a terminal, who may be asked there: neither in CI nor one who forbade questions. */
const here = { CI: undefined, GIT_TERMINAL_PROMPT: undefined };

/**
 * Runs a command on a terminal of its own. Its stdin is none.
 * @param answers what to wait for in the output, and what to type then
 */
export async function onTerminal(
  box: Sandbox,
  answers: readonly (readonly [string, string])[],
  command: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<OnTerminal> {
  const args = [script, JSON.stringify(answers), ...command];
  const done = await box.run('python3', args, { env: { ...here, ...env } });
  if (done.code !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout.toString());
}
