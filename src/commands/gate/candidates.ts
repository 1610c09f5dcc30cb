import { fileKind, isBlob, type TreeEntry } from '../../git/index-entries.ts';
import type { Listing } from '../../git/listing.ts';
import { type GitPath, joinPaths } from '../../git/path.ts';

/** A file that may be covered, as a snapshot has it. */
export interface Candidate {
  readonly path: GitPath;
  /** Six octal digits, as Git writes them. */
  readonly mode: string;
  /** Empty for a working file. */
  readonly oid: string;
}

/** The files of a snapshot, of which there may be very many: whoever looks for some of them says which. */
export interface Candidates {
  all(): readonly Candidate[];
  /** Those whose path begins with one of these, each once. */
  under(prefixes: readonly GitPath[]): readonly Candidate[];
  at(paths: Iterable<GitPath>): readonly Candidate[];
  /** What Git stores as symlinks. */
  links(): readonly Candidate[];
  /** Those that hold one, each with a `/` at its end, but for the top, which is empty. */
  folders(): Iterable<GitPath>;
  /** All paths, a NUL behind each. */
  paths(): Buffer;
  /** About: whoever asks chooses between ways to the same end. */
  isMoreThan(count: number): boolean;
}

/** What is judged: all but submodules. */
export function isJudged({ mode }: Pick<Candidate, 'mode'>): boolean {
  return isBlob(fileKind(mode));
}

/** What Git stores as a symlink: most often it is one, and anything may stand there (`isLinkTarget`). */
export function isLink({ mode }: Pick<Candidate, 'mode'>): boolean {
  return fileKind(mode) === 'symlink';
}

export function candidatesOf(all: readonly Candidate[]): Candidates {
  return {
    all: () => all,
    under: (prefixes) => all.filter(({ path }) => prefixes.some((prefix) => path.startsWith(prefix))),
    at(paths) {
      const wanted = new Set(paths);
      return wanted.size === 0 ? [] : all.filter(({ path }) => wanted.has(path));
    },
    links: () => all.filter(isLink),
    folders: () => new Set(all.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1))),
    paths: () => joinPaths(all.map(({ path }) => path)),
    isMoreThan: (count) => all.length > count,
  };
}

/** @param listing without what is in conflict */
export function listedCandidates(listing: Listing<TreeEntry>): Candidates {
  return {
    all: () => listing.all(),
    under: (prefixes) => apart(prefixes).flatMap((prefix) => listing.under(prefix)),
    at(paths) {
      const wanted = new Set(paths);
      // Each is looked for by itself.
      if (wanted.size > few) return candidatesOf(listing.all()).at(wanted);
      return [...wanted].flatMap((path) => listing.at(path) ?? []);
    },
    links: () => listing.beginning('120000 '),
    folders: () => listing.folders(),
    paths: () => listing.paths(),
    isMoreThan: (count) => listing.bytes > count * bytesOfOne,
  };
}

const few = 32;

/** Of an entry with a path of usual length. */
const bytesOfOne = 80;

/** Without those that begin with another one. */
function apart(prefixes: readonly GitPath[]): GitPath[] {
  const kept: GitPath[] = [];
  for (const prefix of [...new Set(prefixes)].sort()) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return kept;
}
