/**
 * The events that see a commit before it is made. Git runs the second, not the first, on a merge without conflicts, and the
 * third alone for a patch that `git am` takes in: it stores what the patch says, without asking a filter.
 */
export const commitHooks = ['pre-commit', 'pre-merge-commit', 'pre-applypatch'] as const;

/** The event before commits leave for a remote. Its hook reads what is pushed. */
export const pushHook = 'pre-push';

export type HookEvent = (typeof commitHooks)[number] | typeof pushHook;
