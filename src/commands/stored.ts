import { GitSopsError } from '../errors.ts';
import { gitOnTerminal } from '../git/on-terminal.ts';
import type { Io } from './io.ts';

const help = {
  archive: `git sops archive: git archive of what Git stores, covered files as ciphertext

Usage: git sops archive [git archive's options] TREE [PATH…]

git archive itself takes every file through the filter, as a checkout does: with your key the secrets are in the clear.

Examples:
  git sops archive --output release.tar.gz HEAD
`,
  apply: `git sops apply: git apply of a patch in plaintext, such as git diff shows, to working files

Usage: git sops apply [git apply's options] [PATCH…]

git apply itself compares a patch with what Git stores, and takes patches of ciphertext: git format-patch, git diff --no-textconv.

Examples:
  git diff >patch; git sops apply patch
  git stash show -p --textconv | git sops apply -R
`,
};

/** For this one command the filter is not there: Git neither cleans nor smudges. */
const noFilter = ['process=', 'clean=', 'smudge=', 'required=false'].flatMap((setting) => [
  '-c',
  `filter.sops.${setting}`,
]);

/** `git archive` with blobs as they are stored. */
export async function archive(args: string[], io: Io): Promise<number> {
  if (wantsHelp(args)) {
    io.stdout.write(help.archive);
    return args.length === 0 ? 2 : 0;
  }
  return gitOnTerminal([...noFilter, 'archive', ...args]);
}

/** `git apply` with working files as they are. Without a filter nothing may be stored. */
export async function apply(args: string[], io: Io): Promise<number> {
  if (args.includes('--help') || args[0] === '-h') {
    io.stdout.write(help.apply);
    return 0;
  }
  const storing = args.find(stores);
  if (storing !== undefined) {
    const detail = `git sops apply does not take ${storing}: it would put plaintext into the object database`;
    throw new GitSopsError('wrong-use', { detail, other: 'git sops apply PATCH, then git add the files' });
  }
  return gitOnTerminal([...noFilter, 'apply', ...args]);
}

/** `--index`, `--cached`, `--3way`, and what Git takes for them: abbreviations, and `-3` among other letters. */
function stores(option: string): boolean {
  if (/^--(ind|ca|3)/.test(option)) return true;
  // -p and -C are followed by a number, which may be written right behind.
  return /^-[A-Za-z0-9]/.test(option) && /3/.test(option.replace(/[pC]\d+/g, ''));
}

function wantsHelp(args: readonly string[]): boolean {
  return args.length === 0 || args.includes('--help') || args[0] === '-h';
}
