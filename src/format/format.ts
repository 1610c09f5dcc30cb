import type { Leaf, Selects, ValueType } from '../tree/leaf.ts';

export const formatNames = ['yaml', 'json', 'dotenv', 'ini', 'binary'] as const;
export type FormatName = (typeof formatNames)[number];

/**
 * sops metadata as a plain tree: strings, booleans, numbers, arrays, records. The nesting is that of YAML and
 * JSON whatever the file's format; dotenv and INI flatten it at their border.
 */
export type MetadataTree = { readonly [entry: string]: unknown };

/** A spelling that value, style and surrounding bytes do not give back. `place` is the format's own, stable under edits elsewhere. */
export interface LayoutEntry {
  readonly place: string;
  readonly source: string;
}

/** A decrypted value or comment, by the type that its token names. */
export interface Plaintext {
  readonly type: ValueType | 'comment';
  readonly plaintext: string | Uint8Array;
}

/** A file format: bytes to leaves, and changed leaves back into the same bytes. Nothing outside a format knows its syntax. */
export interface Format {
  readonly name: FormatName;
  /** @throws GitSopsError with line and column for whatever sops refuses, and for what could not be restored. */
  parse(source: Uint8Array): Parsed;
  /** The same without short ways, where `parse` has any: a proof shall not rest on what it proves. */
  parseFully?(source: Uint8Array): Parsed;
}

/** A parsed file, plaintext or encrypted. */
export interface Parsed {
  readonly format: FormatName;
  readonly source: Uint8Array;
  /** The sops metadata of the first document; null for a file without any (a plaintext file). */
  readonly metadata: MetadataTree | null;
  /** The leaves under a selector. Metadata entries are never leaves. */
  view(selects: Selects): View;
}

export interface View {
  /** In the order of sops's tree walk, which is the order of the MAC. Aliases are expanded as they will be written. */
  readonly leaves: readonly Leaf[];
  /** For a plaintext file: what the layout record must hold. Empty for nearly every file. */
  readonly layout: readonly LayoutEntry[];
  /** Plaintext → encrypted bytes. */
  seal(seal: Seal): Uint8Array;
  /** Encrypted → plaintext bytes. */
  open(open: Open): Uint8Array;
}

export interface Seal {
  /**
   * The token of a leaf. Called once for each selected value that is neither null nor empty (with the very objects
   * of `leaves`), then once for each selected, non-empty comment (whose path is that in the text being written).
   */
  token(leaf: Leaf): string;
  /** Every entry that the file's metadata shall have. */
  readonly metadata: MetadataTree;
  /**
   * An encrypted file of the same format whose metadata block gives the new one its very bytes wherever the entries are
   * equal (so that a one-value change touches `lastmodified` and `mac` only). Null: sops's own spelling.
   */
  readonly like: Parsed | null;
}

export interface Open {
  /**
   * The plaintext of a leaf that holds a token; null leaves the token's bytes as they stand (a comment that
   * does not decrypt). Called for values in the order of `leaves`, then for comments.
   */
  plaintext(leaf: Leaf): Plaintext | null;
  /** The file's layout record. An entry whose source does not parse to the decrypted value is ignored. */
  readonly layout: readonly LayoutEntry[];
}
