#!/usr/bin/env node
import { homedir } from 'node:os';
import type { Io } from '../commands/io.ts';
import { commands } from './commands.ts';
import { reportError } from './report-error.ts';
import { createTrace } from './trace.ts';
import { version } from './version.ts';

async function main(): Promise<number> {
  const [, , name, ...args] = process.argv;
  const { env, stdin, stdout, stderr, platform } = process;
  const trace = createTrace(env['GIT_SOPS_TRACE'], stderr);
  if (name === '--version' || name === '-v' || name === 'version') {
    stdout.write(`git-sops ${version}\n`);
    return 0;
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    if (args[0] !== undefined && Object.hasOwn(commands, args[0])) return run(args[0], ['--help']);
    const { overview } = await import('./help.ts');
    (name === undefined ? stderr : stdout).write(overview(version));
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const { nearest } = await import('./help.ts');
    const meant = nearest(name);
    stderr.write(`git-sops: there is no command '${JSON.stringify(name).slice(1, -1)}'\n`);
    stderr.write(`  try: git sops ${meant ?? 'help'}\n`);
    return 2;
  }
  return run(name, args);

  async function run(command: string, rest: string[]): Promise<number> {
    const io: Io = {
      stdin,
      stdout,
      stderr,
      env,
      platform,
      cwd: process.cwd(),
      home: env['HOME'] ?? env['USERPROFILE'] ?? homedir(),
      self: selfOf(process.execPath, process.argv[1]),
      version,
      now: () => new Date(),
      report: (error) => reportError(error, { stderr, traced: Boolean(env['GIT_SOPS_TRACE']) }),
      trace,
    };
    trace(command);
    const entry = commands[command];
    if (entry === undefined) return 2;
    return (await entry.load())(rest, io);
  }
}

/** The standalone executable is its own program; otherwise a runtime runs this file. */
function selfOf(program: string, script: string | undefined): readonly string[] {
  return script === undefined || script.startsWith('/$bunfs/') || script.includes('~BUN')
    ? [program]
    : [program, script];
}

// A reader that stops early (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = reportError(error, { stderr: process.stderr, traced: Boolean(process.env['GIT_SOPS_TRACE']) });
  },
);
