import { homedir } from 'node:os';
import type { Command, Io } from '../commands/io.ts';
import { GitSopsError } from '../errors.ts';
import { output } from './output.ts';
import { reportError } from './report-error.ts';
import { createTrace } from './trace.ts';
import { version } from './version.ts';

/** Runs one command in this process's own world. @param load what gives the command; it may take a while */
export async function runCommand(name: string, args: string[], load: () => Promise<Command>): Promise<number> {
  const { env, platform } = process;
  const trace = createTrace(env['GIT_SOPS_TRACE']);
  const io: Io = {
    // The streams are opened when they are asked for: that loads the network modules, and what Git calls uses bare descriptors.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return openStdout(name);
    },
    get stderr() {
      return output(2);
    },
    env,
    platform,
    cwd: process.cwd(),
    home: env['HOME'] ?? env['USERPROFILE'] ?? homedir(),
    self: selfOf(process.execPath, process.argv[1]),
    version,
    now: () => new Date(),
    report: (error) => reportError(error, { stderr: output(2), traced: Boolean(env['GIT_SOPS_TRACE']) }),
    trace,
  };
  trace(name);
  return (await load())(args, io);
}

/** What a command ends with that broke: of `check` 1 says that it judged and found something. */
export function failureOf(name: string | undefined): number {
  return name === 'check' ? 2 : 1;
}

/**
 * Sets the exit code when all is done; whatever was thrown is told. A process with nothing to wait for ends, whatever is still
 * promised: that is a failure too, and never a check without findings.
 * @param failure the exit code where no error has one of its own
 */
export function finishWith(work: Promise<number>, failure = 1): void {
  const traced = Boolean(process.env['GIT_SOPS_TRACE']);
  process.exitCode = failure;
  const endedEarly = () => {
    reportError(new Error('it ended before its work was done'), { stderr: output(2), traced });
    process.exitCode = failure;
  };
  // Node's own answer would be 1, with lines of this program.
  process.once('uncaughtException', (error) => {
    reportError(error, { stderr: output(2), traced });
    process.exit(failure);
  });
  process.once('beforeExit', endedEarly);
  work
    .catch((error: unknown) => {
      const code = reportError(error, { stderr: output(2), traced });
      return error instanceof GitSopsError ? code : failure;
    })
    .then((code) => {
      process.off('beforeExit', endedEarly);
      process.exitCode = code;
    });
}

function openStdout(name: string): NodeJS.WriteStream {
  const stdout = output(1);
  if (stdout.listenerCount('error') === 0) stdout.on('error', (error) => endOnClosedPipe(error, name));
  return stdout;
}

/** A reader that stops early (`| head`) is no failure; the findings that it did not read are findings all the same. */
function endOnClosedPipe(error: NodeJS.ErrnoException, name: string): void {
  if (error.code !== 'EPIPE') throw error;
  if (name !== 'check') process.exit(0);
}

/** The standalone executable is its own program; otherwise a runtime runs this file. */
function selfOf(program: string, script: string | undefined): readonly string[] {
  return script === undefined || script.startsWith('/$bunfs/') || script.includes('~BUN')
    ? [program]
    : [program, script];
}
