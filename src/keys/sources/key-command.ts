import { basename } from 'node:path';
import { GitSopsError } from '../../errors.ts';
import { findProgram } from '../../find-program.ts';
import type { KeyContext } from '../key-context.ts';
import { splitShellWords } from '../shell-words.ts';
import { type IdentitySource, type LoadedKeys, NO_KEYS } from './identity-source.ts';

const mostBytes = 1 << 20;

/** A variable that holds a command, which prints keys; it finds in `SOPS_AGE_RECIPIENT` whose key is wanted. */
export function keyCommand(
  name: string,
  parse: (output: Buffer, context: KeyContext) => LoadedKeys | Promise<LoadedKeys>,
  opens?: readonly string[],
): IdentitySource {
  return {
    name,
    perRecipient: true,
    ...(opens && { opens }),
    async load(context, recipient) {
      const command = context.env[name];
      if (!command) return NO_KEYS;
      try {
        const [word, ...args] = splitShellWords(command) ?? [];
        if (word === undefined) throw failed(name, 'it is no complete command line');
        // A name alone is never one of the current folder's files, whatever PATH says: that is a repository.
        const program = word === basename(word) ? findProgram(word, context) : word;
        if (program === null) throw failed(name, 'it cannot be started');
        return await parse(await run(name, program, args, context, recipient), context);
      } catch (error) {
        const problem = error instanceof GitSopsError ? error : failed(name, 'it cannot be started');
        return { identities: [], problems: [problem], warnings: [] };
      }
    },
  };
}

/** Its output. As in sops there is no shell, and what it says on stderr is not shown. */
async function run(
  name: string,
  program: string,
  args: string[],
  context: KeyContext,
  recipient: string | null,
): Promise<Buffer> {
  const { spawn } = await import('node:child_process');
  const env = recipient === null ? context.env : { ...context.env, SOPS_AGE_RECIPIENT: recipient };
  return new Promise((resolve, reject) => {
    // stdin is Git's way to talk to the filter, so the command gets none.
    const child = spawn(program, args, {
      cwd: context.cwd,
      env: env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let total = 0;
    const giveUp = (problem: GitSopsError) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // A grandchild may hold the pipe open; it must not keep this process waiting.
      child.stdout.destroy();
      child.unref();
      reject(problem);
    };
    const timer = setTimeout(() => {
      giveUp(
        new GitSopsError('key-source-too-slow', {
          detail: name,
          other: String(context.timeLimit / 1000),
        }),
      );
    }, context.timeLimit);
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      total += chunk.length;
      if (total > mostBytes) giveUp(failed(name, 'it prints too much'));
    });
    child.on('error', () => giveUp(failed(name, 'it cannot be started')));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(chunks));
      else reject(failed(name, code === null ? `ended by ${signal}` : `exit code ${code}`));
    });
  });
}

function failed(name: string, reason: string): GitSopsError {
  return new GitSopsError('key-command-failed', { detail: name, other: reason });
}
