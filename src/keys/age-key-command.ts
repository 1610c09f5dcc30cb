import { GitSopsError } from '../errors.ts';
import { parseIdentities } from './identity.ts';
import { type IdentitySource, type KeyContext, NO_KEYS } from './identity-source.ts';
import { splitShellWords } from './shell-words.ts';

const mostBytes = 1 << 20;

/** `SOPS_AGE_KEY_CMD`: a command that prints identities; it finds in `SOPS_AGE_RECIPIENT` whose key is wanted. */
export const ageKeyCommand: IdentitySource = {
  name: 'SOPS_AGE_KEY_CMD',
  perRecipient: true,
  async load(context, recipient) {
    const command = context.env[this.name];
    if (!command) return NO_KEYS;
    try {
      const [program, ...args] = splitShellWords(command) ?? [];
      if (program === undefined) throw failed('it is no complete command line');
      return { ...parseIdentities(await run(program, args, context, recipient), this.name), warnings: [] };
    } catch (error) {
      const problem = error instanceof GitSopsError ? error : failed('it cannot be started');
      return { identities: [], problems: [problem], warnings: [] };
    }
  },
};

/** Its output. As in sops there is no shell, and what it says on stderr is not shown. */
async function run(program: string, args: string[], context: KeyContext, recipient: string | null): Promise<string> {
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
          detail: ageKeyCommand.name,
          other: String(context.timeLimit / 1000),
        }),
      );
    }, context.timeLimit);
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      total += chunk.length;
      if (total > mostBytes) giveUp(failed('it prints too much'));
    });
    child.on('error', () => giveUp(failed('it cannot be started')));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(failed(code === null ? `ended by ${signal}` : `exit code ${code}`));
    });
  });
}

function failed(reason: string): GitSopsError {
  return new GitSopsError('key-command-failed', { detail: ageKeyCommand.name, other: reason });
}
