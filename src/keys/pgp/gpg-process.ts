import { spawn } from 'node:child_process';
import type { KeyContext } from '../key-context.ts';
import { terminalName } from '../terminal/terminal-name.ts';

export interface GpgResult {
  /** Null where it was ended because it took too long or said too much. */
  readonly code: number | null;
  readonly stdout: Buffer;
  /** What GnuPG says for programs, without the `[GNUPG:]` in front. */
  readonly status: readonly string[];
}

/** Milliseconds. Somebody may have to find a passphrase or a smart card; nobody shall wait for ever. */
const promptLimit = 120_000;
/** A wrapped data key has 33 bytes at most, a list of secret keys is longer. */
const mostBytes = 1 << 20;

/** Never throws: a program that cannot be started has code 127. */
export async function runGpg(
  program: string,
  args: readonly string[],
  input: Uint8Array,
  { env, platform, cwd }: KeyContext,
): Promise<GpgResult> {
  // GnuPG tells its agent by this on which terminal to ask; Git leaves it none of its own descriptors to find that out by.
  const tty = env['GPG_TTY'] || (await terminalName(platform));
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, ...(tty && { GPG_TTY: tty }) } as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let total = 0;
    let ended = false;
    const end = (code: number | null) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      if (code === null) child.kill('SIGKILL');
      const status = Buffer.concat(err)
        .toString('latin1')
        .split(/\r?\n/)
        .flatMap((line) => (line.startsWith('[GNUPG:] ') ? [line.slice('[GNUPG:] '.length)] : []));
      resolve({ code, stdout: Buffer.concat(out), status });
    };
    const timer = setTimeout(() => end(null), promptLimit);
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      chunks.push(chunk);
      total += chunk.length;
      if (total > mostBytes) end(null);
    };
    child.stdout.on('data', keep(out));
    child.stderr.on('data', keep(err));
    child.stdin.on('error', () => {});
    child.on('error', () => end(127));
    child.on('close', (code) => end(code ?? 128));
    child.stdin.end(input);
  });
}
