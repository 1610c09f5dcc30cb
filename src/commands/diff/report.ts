import type { ContentDiff } from '../../document/diff/change.ts';
import type { GitPath } from '../../git/path.ts';

/** One file of a diff. */
export interface FileDiff {
  readonly status: 'added' | 'removed' | 'changed' | 'renamed' | 'copied';
  /** Where it is now; where it was, if it is gone. */
  readonly path: GitPath;
  /** Where it was: another path for a rename or a copy. */
  readonly from: GitPath;
  /** Six octal digits each, where both sides are there and differ. */
  readonly mode: { readonly before: string; readonly after: string } | null;
  /** The path is in conflict; the working file is compared with our side. */
  readonly conflict: boolean;
  /** Null where there is nothing to compare: of a conflict that is asked for in the index. */
  readonly content: ContentDiff | null;
}

/** What a diff found; every format is a pure function of this. */
export interface DiffReport {
  readonly files: readonly FileDiff[];
  /** No value is in here: contents are null. */
  readonly redacted: boolean;
  /** Who recipients are, where `.sops.yaml` says so. */
  readonly names: ReadonlyMap<string, string>;
}
