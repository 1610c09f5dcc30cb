import type { GitPath } from '../../git/path.ts';
import type { Person } from './people.ts';

/** What `recipients add` and `remove` did, or would do. */
export interface Report {
  readonly action: 'add' | 'remove';
  readonly dryRun: boolean;
  readonly people: readonly Person[];
  readonly rules: readonly ChangedRule[];
  readonly files: readonly ChangedFile[];
  /** Requests that are answered, and go. */
  readonly requests: readonly GitPath[];
  /** Covered files that are not encrypted in the index, so that there is nothing to wrap. */
  readonly notEncrypted: readonly GitPath[];
  /** Files that name somebody who leaves, outside of all rules. */
  readonly uncovered: readonly GitPath[];
  /** What those who leave have seen. */
  readonly seen: readonly SeenFile[];
}

export interface ChangedRule {
  readonly path: GitPath;
  /** From 1. */
  readonly line: number;
  readonly pathRegex: string | null;
}

export interface ChangedFile {
  readonly path: GitPath;
  /** `wrapped`: for one more, each value's ciphertext as it was. `rotated`: a new data key. */
  readonly change: 'wrapped' | 'rotated';
  /** Who can read it afterwards and could not before, and the reverse. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface SeenFile {
  readonly path: GitPath;
  /** Whether it is all one value. */
  readonly whole: boolean;
  readonly values: readonly { readonly keyPath: string; readonly document: number }[];
  /** How many encrypted comments. */
  readonly comments: number;
}

export type ReportFormat = 'text' | 'json' | 'markdown';
export const reportFormats: readonly ReportFormat[] = ['text', 'json', 'markdown'];
