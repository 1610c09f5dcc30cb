/**
 * What keeps a user's settings out of the raw output of `git diff` and `git log`: colours, external programs, other orders, paths that
 * are relative to the current folder. The shell of the commit hook has the same (ask-ahead.sh).
 */
export const rawOptions: readonly string[] = [
  '--raw',
  '--no-abbrev',
  '--no-ext-diff',
  '--no-textconv',
  '--no-relative',
  '--no-color',
  '-O/dev/null',
];

/** The same for `git log`, in which a root counts as adding its files and no rename is followed. */
export const rawLogOptions: readonly string[] = [
  ...rawOptions,
  '--root',
  '--no-renames',
  '--no-follow',
  '--no-notes',
  '--no-show-signature',
];
