import { GitSopsError } from '../../errors.ts';

export interface DiffArguments {
  /** For `git diff`: options, operands, `--` and pathspecs, as they came. */
  readonly git: string[];
  /** Those without options, which alone may name a revision. */
  readonly operands: string[];
  /** What is left for us. */
  readonly own: string[];
}

/** Options of `git diff` that say what is compared and not how it looks. No other gets to Git: `--output` would write a file. */
const passed =
  /^(?:--cached|--staged|--merge-base|-R|--no-renames|(?:-M|--find-renames=?|-C|--find-copies=?)\d*%?|--find-copies-harder|--diff-filter=[A-Za-z]+|-[0123]|--base|--ours|--theirs)$/;
/** Ours that have a value. */
const valued = ['--format', '--color'];

/** Git's own rule: what stands behind `--` is a path, whatever it looks like. */
export function splitArguments(args: readonly string[]): DiffArguments {
  const end = args.indexOf('--');
  const front = end < 0 ? args : args.slice(0, end);
  const git: string[] = [];
  const operands: string[] = [];
  const own: string[] = [];
  for (let i = 0; i < front.length; i++) {
    const arg = front[i] as string;
    if (passed.test(arg)) git.push(arg);
    else if (valued.includes(arg)) own.push(arg, ...front.slice(++i, i + 1));
    else if (arg.startsWith('-') && arg !== '-') own.push(arg);
    else operands.push(arg);
  }
  return { git: [...git, ...operands, ...(end < 0 ? [] : args.slice(end))], operands, own };
}

/** What Git says to revisions and paths that it does not know is a matter of wrong use, and no difference (exit 1). */
export function asWrongUse(error: unknown): unknown {
  if (!(error instanceof GitSopsError) || error.code !== 'git-failed') return error;
  const detail = (error.facts.other ?? '').replace(/^fatal: /, '');
  return new GitSopsError('wrong-use', { detail, other: 'git sops diff --help' }, { cause: error });
}
