import { formatNameOf } from '../format/by-path.ts';
import { type PlainBlocks, readPlainBlocks } from '../format/yaml/plain-blocks.ts';
import { readPlainFrame } from '../format/yaml/plain-frame.ts';
import { mostPlainLength } from '../format/yaml/plain-source.ts';
import type { CreationRule } from './creation-rule.ts';
import type { Metadata } from './metadata.ts';
import { plainMetadata, soundMetadata } from './plain-metadata.ts';
import { type PlainSelection, plainSelection } from './plain-selection.ts';
import { recipientDrift } from './recipient-drift.ts';
import { sameSelection } from './rule-fit.ts';

/** A file with which nothing is wrong as far as one can tell without its data key. */
export interface PlainlySealed extends PlainSelection {
  /** The file, one character for each byte. */
  readonly text: string;
  readonly metadata: Metadata;
  /** How many values its selector picks, without comments; never 0. */
  readonly picked: number;
}

/**
 * A short way through the judgement, for files in the plainest YAML, of which most repositories have most: many times as fast
 * as to parse them. It knows no finding.
 * @returns null where anything is unusual or not as the rule asks: then the judgement must be made
 */
export async function plainlySealed(
  path: string,
  source: Uint8Array,
  rule: CreationRule,
): Promise<PlainlySealed | null> {
  if (formatNameOf(path) !== 'yaml' || source.length > mostPlainLength) return null;
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('latin1');
  const at = text.lastIndexOf('\nsops:\n') + 1;
  if (at === 0) return null;
  const read = readLast(text, at, rule) ?? readWhole(text, rule);
  if (read === null) return null;
  const { metadata } = read;
  const { selector } = metadata;
  const selected = await plainSelection(read.leaves, selector);
  if (selected === null) return null;
  const { leaves, picked } = selected;
  // A comment belongs to a collection around the value before it or the one behind it. Where the keys that are encrypted are named
  // and none of them leads to either, it is in the clear by right.
  const named = selector.kind.startsWith('encrypted_');
  const clear = (i: number) => leaves[i]?.selected !== true;
  if (!read.comments.every(({ before, behind }) => named && clear(before) && clear(behind))) return null;
  return picked === 0 ? null : { text, metadata, leaves, picked };
}

type Read = Pick<PlainBlocks, 'leaves' | 'comments'> & { readonly metadata: Metadata };

/** Metadata as sops writes it today. @param at where it begins */
function readLast(text: string, at: number, rule: CreationRule): Read | null {
  const metadata = plainMetadata(text.slice(at), rule);
  const body = metadata === null ? null : readPlainFrame(text.slice(0, at));
  return metadata === null || body === null ? null : { ...body, metadata };
}

/** It may stand anywhere, and be spelled in other ways. */
function readWhole(text: string, rule: CreationRule): Read | null {
  const read = readPlainBlocks(text);
  const metadata = read === null ? null : soundMetadata(read.metadata);
  if (read === null || metadata === null) return null;
  const file = { metadata, format: { name: 'yaml' } as const };
  return sameSelection(file, rule) && recipientDrift(file, rule) === null ? { ...read, metadata } : null;
}
