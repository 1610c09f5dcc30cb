import { check } from '../commands/check.ts';
import { failureOf, finishWith, runCommand } from './run.ts';

/** What `git sops check` loads, and each thread that it starts: one file, as for the plumbing. */
export { thread } from '../commands/check/history/worker.ts';
export { check };

/** The whole program, where nothing else is asked for. */
export function run(): void {
  const [name = '', ...args] = process.argv.slice(2);
  finishWith(
    runCommand(name, args, async () => check),
    failureOf(name),
  );
}
