import type { Finding } from '../../document/finding.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Candidate, Candidates } from './candidates.ts';

/** An index, a tree or a working tree: where rules, attributes and contents come from. */
export interface Snapshot {
  readonly candidates: Candidates;
  /** Whether the candidates are all that there is, rather than what a change brings. */
  readonly whole: boolean;
  /** Every `.sops.yaml` of it; undefined where there may be others than the candidates. */
  readonly rules?: readonly GitPath[];
  /** Paths with conflict stages; they are findings by themselves where they are covered. */
  readonly unmerged: readonly GitPath[];
  /** A file of this very snapshot by its path, or null. */
  read(path: GitPath): Promise<Uint8Array | null>;
  /** The content of a candidate; null where it is missing (a partial clone). */
  content(candidate: Candidate): Promise<Uint8Array | null>;
  /** The contents of many candidates, in their order, as they come; each is good until the next are asked for. */
  contents?(candidates: readonly Candidate[]): AsyncIterable<readonly (Uint8Array | null)[]>;
  /** Which of these paths carry `filter=sops`, and maybe others. @param paths gives them, a NUL behind each: where there are many, that takes time */
  filtered(paths: () => Buffer): Promise<ReadonlySet<GitPath>>;
  /** Which of these files may hold a private key or sops metadata and are uncovered: all others need not be read. */
  suspects(files: Candidates, uncovered: () => Promise<(path: GitPath) => boolean>): Promise<readonly Candidate[]>;
  /** Where a broken candidate can be taken from again, where that is known: HEAD, of what the next commit changes. */
  readonly good?: 'HEAD';
  /** What a change takes out of encryption, where the snapshot is one. */
  left?(isCovered: (path: GitPath) => boolean, keyring: Keyring | null): Promise<Finding[]>;
  /** Earlier versions of a file of this snapshot, in history. */
  earlier(path: GitPath): Promise<readonly Uint8Array[]>;
}
