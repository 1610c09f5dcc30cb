import { isToken } from '../../crypto/encrypted-value.ts';
import type { KeyPath } from '../../tree/key-path.ts';
import type { Leaf } from '../../tree/leaf.ts';
import type { Shown } from './change.ts';

/** A value or comment as the comparison sees it. */
export interface Cell {
  readonly path: KeyPath;
  readonly document: number;
  readonly shown: Shown;
  /** Equal for equal values. For a ciphertext that nobody opened it is the token itself. */
  readonly id: string;
  /** It is a ciphertext that nobody opened. */
  readonly sealed: boolean;
}

/** @param encrypted whether the file as Git stores it holds a token here */
export function plainCell(leaf: Leaf, encrypted: boolean): Cell {
  const { path, document, plaintext } = leaf;
  const type = leaf.kind === 'comment' ? 'comment' : leaf.type;
  const compared = leaf.kind === 'comment' ? leaf.plaintext : leaf.canonical;
  return {
    path,
    document,
    shown: { type, content: type === 'null' ? 'null' : spelled(type, plaintext), encrypted, decoded: false },
    id: idOf(type, compared),
    sealed: false,
  };
}

/** A leaf of a file that stays encrypted: a token says its type and nothing else. */
export function sealedCell(leaf: Leaf): Cell {
  const { path, document, plaintext } = leaf;
  if (!leaf.selected || typeof plaintext !== 'string' || !isToken(plaintext)) return plainCell(leaf, false);
  const type = typeOfToken(plaintext);
  return {
    path,
    document,
    shown: { type, content: null, encrypted: true, decoded: false },
    id: `token ${plaintext}`,
    sealed: true,
  };
}

export function idOf(type: string, content: string | Uint8Array): string {
  if (typeof content === 'string') return `${type} ${content}`;
  // The same text as bytes and as a string is the same value.
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const text = buffer.toString('utf8');
  return Buffer.from(text).equals(buffer) ? `${type} ${text}` : `${type} bytes ${buffer.toString('latin1')}`;
}

/** sops encrypts a boolean of JSON as Go spells it. */
function spelled(type: string, plaintext: string | Uint8Array): string | Uint8Array {
  if (type === 'bool' && typeof plaintext === 'string') return plaintext.toLowerCase();
  return typeof plaintext === 'string' ? plaintext : (textOf(plaintext) ?? plaintext);
}

/** Null for bytes that are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function typeOfToken(token: string): Shown['type'] {
  const type = /,type:([a-z]+)\]$/.exec(token)?.[1];
  const known = ['str', 'int', 'float', 'bool', 'time', 'comment'] as const;
  return known.find((name) => name === type) ?? 'str';
}
