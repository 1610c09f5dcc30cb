import { hook } from '../commands/hook.ts';
import { finishWith, runCommand } from './run.ts';

/** The commit hooks alone: every commit waits for them, and a third less code is read. */
finishWith(runCommand('hook', process.argv.slice(3), async () => hook));
