/** What `git sops check` loads, and each thread that it starts: one file, as for the plumbing. */
export { thread } from '../commands/check/history/worker.ts';
export { check } from '../commands/check.ts';
