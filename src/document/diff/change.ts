import type { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import type { KeyPath } from '../../tree/key-path.ts';
import type { ValueType } from '../../tree/leaf.ts';
import type { Selector } from '../../tree/selector.ts';

/** One side of a changed value or comment. */
export interface Shown {
  readonly type: ValueType | 'comment';
  /** Bytes where it is not UTF-8. Null: it stays hidden, for want of a key or because it shall not be shown. */
  readonly content: string | Uint8Array | null;
  /** Whether the file holds it as a ciphertext. */
  readonly encrypted: boolean;
  /** `content` is what the file's base64 stands for: the `data` of a Kubernetes Secret. */
  readonly decoded: boolean;
}

interface Place {
  readonly path: KeyPath;
  /** Which document of a multi-document file, from 0; on the new side, or the old one of what is gone. */
  readonly document: number;
  /** What the document is, such as `Secret/db`; null where the file has one document or the document no name. */
  readonly documentName: string | null;
}

export interface Added extends Place {
  readonly kind: 'added';
  readonly after: Shown;
}

export interface Removed extends Place {
  readonly kind: 'removed';
  readonly before: Shown;
}

export interface Changed extends Place {
  readonly kind: 'changed';
  readonly before: Shown;
  readonly after: Shown;
  /** Where it was, if not at `path`. */
  readonly from: KeyPath | null;
  /** How many lines came and went, where both sides are text and one has several lines. */
  readonly lines: { readonly added: number; readonly removed: number } | null;
}

/** The same value, or a whole branch of them, at another key. */
export interface Moved extends Place {
  readonly kind: 'moved';
  readonly from: KeyPath;
  /** How many values moved along. */
  readonly values: number;
}

/** The entries that a mapping or sequence had and has, or the documents of a file, came into another order. */
export interface Reordered extends Place {
  readonly kind: 'reordered';
  readonly of: 'entries' | 'documents';
}

/** The same value, which was a ciphertext and is none any more, or the reverse. */
export interface Protection extends Place {
  readonly kind: 'exposed' | 'protected';
}

export type Change = Added | Removed | Changed | Moved | Reordered | Protection;

/** How much of a side could be looked at. */
export type SideState =
  /** There is no file. */
  | 'absent'
  /** Decrypted and verified. */
  | 'opened'
  /** Encrypted, and no identity here opens it. */
  | 'locked'
  /** Encrypted, but its MAC, a tag or its metadata does not hold: it is not decrypted. */
  | 'broken'
  /** Without sops metadata. */
  | 'clear'
  /** Without sops metadata, and not what its name says. */
  | 'unreadable';

export interface SettingChange {
  readonly name: 'selector' | 'shamir_threshold' | 'mac_only_encrypted';
  readonly before: string;
  readonly after: string;
}

/** What differs between two contents of one file. */
export interface ContentDiff {
  readonly format: FormatName;
  readonly before: SideSummary;
  readonly after: SideSummary;
  /**
   * Values were compared as plaintext, as ciphertext (then nobody knows what changed in them), as one text where a side does not
   * parse, or not at all.
   */
  readonly basis: 'plaintext' | 'ciphertext' | 'text' | 'none';
  readonly changes: readonly Change[];
  /** Values that one side holds as ciphertext without a key and the other as plaintext. */
  readonly unknown: number;
  readonly recipients: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly settings: readonly SettingChange[];
  readonly dataKeyRotated: boolean;
  /** The file was plaintext in Git and is encrypted now, or the reverse. */
  readonly encryption: 'began' | 'ended' | null;
  /** Where nothing above differs but bytes do: the layout of the plaintext, or the ciphertext of the same plaintext. */
  readonly otherwise: 'layout' | 'ciphertext' | null;
}

export interface SideSummary {
  readonly state: SideState;
  /** Why a side is broken or unreadable. */
  readonly why: GitSopsError | null;
}

export function showSelector({ kind, value }: Selector): string {
  return `${kind}: ${value}`;
}
