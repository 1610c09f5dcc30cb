import { shellQuote } from '../../quote.ts';

/** How Git starts this program, and how fast that is. */
export interface Program {
  readonly kind: 'standalone' | 'bun' | 'node';
  /** Words of a command line; its paths are absolute. */
  readonly words: readonly string[];
  /** The paths among them, of files that must be there. */
  readonly files: readonly string[];
  /** A script for the shell of a commit hook, which asks Git what the hook will ask (git/ask-ahead.sh). The standalone starts too quickly for it. */
  readonly askAhead?: string;
  readonly platform: NodeJS.Platform;
}

/** Words for a shell, that of Git for Windows too. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => shellQuote(word.replaceAll('\\', '/'))).join(' ');
}

/**
 * What the shell that Git starts anyway does first: where the program has moved or was removed it refuses with a sentence, for which no
 * further program is needed. The blank in front of the semicolon lets `missingFile` find the last file.
 * @param code what it exits with
 */
export function guard({ files }: Pick<Program, 'files'>, code = 1): string {
  return `for part in ${shellWords(files)} ; do [ -e "$part" ] || { ${gone}; exit ${code}; }; done`;
}

const gone = `echo "git-sops: $part is gone, where git sops init found it; try: git sops init --yes" >&2`;

/** A command line for Git's configuration. @param args the command, and what Git fills in */
export function commandLine(program: Pick<Program, 'files' | 'words'>, args: string): string {
  return `${guard(program)}; exec ${shellWords(program.words)} ${args}`;
}
