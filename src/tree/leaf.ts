import type { KeyPath } from './key-path.ts';

/** The types that a sops ciphertext names, and `null`, which sops neither encrypts nor hashes. */
export type ValueType = 'str' | 'int' | 'float' | 'bool' | 'time' | 'null';

/** One value or comment of a file, as sops's tree walk meets it. */
export type Leaf = ValueLeaf | CommentLeaf;

interface LeafPlace {
  /** Which document of a multi-document file, from 0. */
  readonly document: number;
  /** Position in the source, both from 1. */
  readonly line: number;
  readonly column: number;
  /**
   * sops's comment stack at this leaf: for each level from the root down, the comments since the last
   * value of that level (the leaf itself included, when it is a comment). Empty levels are kept.
   */
  readonly comments: readonly (readonly string[])[];
  /** Whether the selector says that sops encrypts it. Empty strings and nulls may be selected; they get no token. */
  readonly selected: boolean;
}

export interface ValueLeaf extends LeafPlace {
  readonly kind: 'value';
  readonly path: KeyPath;
  readonly type: ValueType;
  /**
   * What goes into the ciphertext: the source's own spelling where sops reads that spelling as this type
   * (`1.50`), else the canonical one. Bytes for binary files and for `!!binary`. In an encrypted file: the token.
   */
  readonly plaintext: string | Uint8Array;
  /** What sops hashes for the MAC: decimal ints, Go's 'f' floats, True/False, RFC 3339 times, the text of strings. */
  readonly canonical: string | Uint8Array;
  /** There is no value, but a sign before it that somebody may have meant for one: `password: !Secret1` is a tag in YAML. */
  readonly disguised?: boolean;
}

export interface CommentLeaf extends LeafPlace {
  readonly kind: 'comment';
  /** Path of the mapping or sequence in which sops files the comment; it gives the AAD. */
  readonly path: KeyPath;
  /** The text after the comment sign, exactly. */
  readonly plaintext: string;
  /** It stands among the sops metadata, and goes with it: sops writes none there, but somebody who opens the file may. */
  readonly inMetadata?: boolean;
}

/** Whether it is a comment among the metadata: no part of the file's own content. */
export function isInMetadata(leaf: Leaf): boolean {
  return leaf.kind === 'comment' && leaf.inMetadata === true;
}

/** Says whether sops encrypts what stands under these keys with these comments above it. */
export type Selects = (
  keys: readonly string[],
  comments: readonly (readonly string[])[],
  isComment: boolean,
) => boolean;
