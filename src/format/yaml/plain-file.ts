import type { MetadataTree } from '../format.ts';
import { writeBlock } from './metadata-block.ts';
import { readPlainMetadata } from './plain-blocks.ts';
import { type PlainValue, readPlainSource } from './plain-source.ts';

/** A file in the plainest YAML: see `readPlainSource`. */
export interface PlainFile {
  /** Without the metadata. */
  readonly body: string;
  readonly values: readonly PlainValue[];
  /** Of an encrypted file, and spelled as this program would spell them. */
  readonly metadata: MetadataTree | null;
}

/** @returns null for all others: then the real reader must say */
export function readPlainFile(text: string): PlainFile | null {
  const at = text.lastIndexOf('\nsops:\n') + 1;
  const body = at === 0 ? text : text.slice(0, at);
  const values = readPlainSource(body);
  if (values === null) return null;
  if (at === 0) return { body, values, metadata: null };
  const block = text.slice(at);
  const metadata = readPlainMetadata(block);
  // What is no text, as a number or a truth, does not come back as it was.
  if (metadata?.['mac'] === undefined || writeBlock(metadata, 0, '\n', null) !== block) return null;
  return { body, values, metadata };
}
