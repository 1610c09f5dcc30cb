import type { Finding } from '../../document/finding.ts';
import type { Accepted } from '../gate/allowed.ts';

/** What a check looked at and what it found; every report format is a pure function of this. */
export interface Report {
  /** What was judged, in words: `index`, `worktree`, a revision or a range. */
  readonly scope: string;
  /** How many covered files were judged. */
  readonly files: number;
  /** What was counted, as one of them; a covered file if not given. */
  readonly counted?: string;
  readonly findings: readonly Finding[];
  /** Findings that the allow-list or a baseline accepts; they count for nothing. */
  readonly accepted?: readonly Accepted[];
  /** Things that did not work but are no finding, such as a key source that cannot be read. */
  readonly warnings: readonly string[];
}
