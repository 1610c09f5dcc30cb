#!/usr/bin/env node
import { existsSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { commands } from './commands.ts';
import { failureOf, finishWith, runCommand } from './run.ts';
import { isVersion, version } from './version.ts';

finishWith(calledAsSops() ? sops(process.argv.slice(2)) : main(process.argv.slice(2)), failureOf(process.argv[2]));

/** A link of that name makes this program a sops. */
function calledAsSops(): boolean {
  return [process.argv[1], process.argv0].some((name) => /^sops(?:\.exe)?$/.test(basename(name ?? '')));
}

async function sops(args: string[]): Promise<number> {
  const { readSopsLine } = await import('./sops-line.ts');
  const line = readSopsLine(args, existsSync);
  if (line.command === 'version') {
    // Whoever asks looks for sops's own number.
    const { SOPS_VERSION } = await import('../commands/sops/sops-version.ts');
    writeSync(1, `sops ${SOPS_VERSION} (git-sops ${version})\n`);
    return 0;
  }
  if (line.ignored > 0) writeSync(2, `sops: only the first file is taken; --in-place of a subcommand takes many\n`);
  return main([line.command, ...line.args]);
}

async function main([name, ...args]: string[]): Promise<number> {
  if (isVersion(name)) {
    writeSync(1, `git-sops ${version}\n`);
    return 0;
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const asked = commands[args[0] ?? ''];
    if (args[0] !== undefined && asked !== undefined) return runCommand(args[0], ['--help'], asked.load);
    const { overview } = await import('./help.ts');
    writeSync(name === undefined ? 2 : 1, overview(version));
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry?.plumbing && (args[0] === '--help' || args[0] === '-h')) {
    writeSync(1, `git sops ${name}: ${entry.summary}; Git and CI call it, people need not\n`);
    return 0;
  }
  if (entry !== undefined) return runCommand(name, args, entry.load);
  const { instead } = await import('./help.ts');
  const shown = JSON.stringify(name).slice(1, -1);
  writeSync(2, `git-sops: there is no command '${shown}'\n  try: ${instead(name)}\n`);
  return 2;
}
