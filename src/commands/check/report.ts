import type { Finding } from '../../document/finding.ts';

/** What a check looked at and what it found; every report format is a pure function of this. */
export interface Report {
  /** What was judged, in words: `index`, `worktree`, a revision or a range. */
  readonly scope: string;
  /** How many covered files were judged. */
  readonly files: number;
  readonly findings: readonly Finding[];
  /** Things that did not work but are no finding, such as a key source that cannot be read. */
  readonly warnings: readonly string[];
}
