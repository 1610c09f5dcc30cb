import type { MetadataTree } from '../format.ts';
import type { Splice } from '../splice.ts';
import { emitEntries, emitEntry, emitText, sortedEntries } from './metadata-emit.ts';
import { metadataKey, type Pair, type ScalarNode, type YamlDocument, type YamlNode } from './node.ts';
import { resolve } from './resolve.ts';
import type { Source } from './source.ts';
import { metadataPair, type YamlText } from './text.ts';

/** The metadata of the first document as a plain tree; null where there is none. */
export function readMetadata({ source, documents }: YamlText): MetadataTree | null {
  const pair = documents[0] === undefined ? null : metadataPair(documents[0]);
  return pair === null ? null : (plainTree(source, pair.value) as MetadataTree);
}

function plainTree(source: Source, node: YamlNode): unknown {
  switch (node.kind) {
    case 'mapping':
      // fromEntries makes own properties, whatever the key: `__proto__` too.
      return Object.fromEntries(node.pairs.map(({ key, value }) => [key.value, plainTree(source, value)]));
    case 'sequence':
      return node.items.map((item) => plainTree(source, item));
    case 'alias':
      return plainTree(source, node.target);
    case 'scalar':
      return plainScalar(source, node);
  }
}

function plainScalar(source: Source, node: ScalarNode): unknown {
  const { type, canonical } = resolve(source, node);
  if (type === 'null') return null;
  if (type === 'bool') return canonical === 'True';
  if (type === 'int') {
    const number = Number(canonical);
    return Number.isSafeInteger(number) ? number : node.value;
  }
  return node.value;
}

/** A metadata block that another file may follow: its lines, and the entries on them. */
export interface BlockPattern {
  /** Whether it stands before the document's other keys. */
  readonly first: boolean;
  readonly column: number;
  /** The line of `sops:`, with what may stand between it and the first entry. */
  readonly head: string;
  readonly entries: readonly PatternEntry[];
}

interface PatternEntry {
  readonly key: string;
  readonly value: unknown;
  /** Column of the key. */
  readonly column: number;
  /** Its lines, with their breaks. */
  readonly source: string;
  /** Of a value on the key's line, within `source`. */
  readonly scalar: { readonly start: number; readonly end: number } | null;
}

/** Null for a file without a block of lines. */
export function readPattern(text: YamlText): BlockPattern | null {
  const { source, documents } = text;
  const [document] = documents;
  const pair = document === undefined ? null : metadataPair(document);
  if (document === undefined || pair === null || pair.value.flow || pair.value.pairs.length === 0) return null;
  if (document.root.kind !== 'mapping' || document.root.flow) return null;
  const start = source.lineStart(pair.key.start);
  const end = blockEnd(source, pair);
  const starts = pair.value.pairs.map(({ key }) => source.lineStart(key.start));
  const entries = pair.value.pairs.map(({ key, value }, i): PatternEntry => {
    const from = starts[i] ?? end;
    const inline = value.kind === 'scalar' && value.block === null && value.style !== 'empty';
    return {
      key: key.value,
      value: plainTree(source, value),
      column: source.columnOf(key.start),
      source: withBreak(source.text.slice(from, starts[i + 1] ?? end)),
      scalar: inline ? { start: value.start - from, end: value.end - from } : null,
    };
  });
  return {
    first: document.root.pairs[0]?.key === pair.key && document.root.pairs.length > 1,
    column: source.columnOf(pair.key.start),
    head: source.text.slice(start, starts[0]),
    entries,
  };
}

function withBreak(lines: string): string {
  return lines.endsWith('\n') ? lines : `${lines}${lines.includes('\r\n') ? '\r\n' : '\n'}`;
}

/** The block's text, whole lines: sops's spelling, or the pattern's with what differs written anew. */
export function writeBlock(metadata: MetadataTree, column: number, lineEnd: string, like: BlockPattern | null): string {
  const margin = ' '.repeat(column);
  if (like === null || like.column !== column) {
    const lines = [`${metadataKey}:`, ...emitEntries(metadata, 4)];
    return lines.map((line) => (line === '' ? '' : margin + line) + lineEnd).join('');
  }
  const parts: { key: string; source: string }[] = [];
  const added = new Map(sortedEntries(metadata));
  const entryColumn = like.entries[0]?.column ?? column + 4;
  for (const entry of like.entries) {
    if (!added.has(entry.key)) continue;
    const value = added.get(entry.key);
    added.delete(entry.key);
    parts.push({ key: entry.key, source: follow(entry, value, lineEnd) });
  }
  for (const [key, value] of added) {
    const at = parts.findIndex((part) => part.key > key);
    const source = entryLines(key, value, entryColumn, lineEnd);
    parts.splice(at < 0 ? parts.length : at, 0, { key, source });
  }
  return like.head.replace(/\r?\n/g, lineEnd) + parts.map(({ source }) => source.replace(/\r?\n/g, lineEnd)).join('');
}

function follow(entry: PatternEntry, value: unknown, lineEnd: string): string {
  if (sameTree(entry.value, value)) return entry.source;
  if (entry.scalar !== null && (typeof value !== 'object' || value === null)) {
    const lines = entryLines('x', value, 0, lineEnd);
    if (lines.indexOf('\n') === lines.length - 1) {
      return entry.source.slice(0, entry.scalar.start) + emitText(value) + entry.source.slice(entry.scalar.end);
    }
  }
  return entryLines(entry.key, value, entry.column, lineEnd);
}

function entryLines(key: string, value: unknown, column: number, lineEnd: string): string {
  // Emitted at a fixed stop and moved, so that sops's steps are kept at any column.
  const lines = emitEntry(key, value, 4);
  return lines.map((line) => (line === '' ? '' : ' '.repeat(column) + line.slice(4)) + lineEnd).join('');
}

function sameTree(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [sortedEntries(a), sortedEntries(b)];
  return (
    left.length === right.length &&
    left.every(([key, value], i) => key === right[i]?.[0] && sameTree(value, right[i]?.[1]))
  );
}

/** Behind the last line of a `sops` entry. */
function blockEnd(source: Source, pair: Pair): number {
  const { value } = pair;
  return source.nextLine(Math.max(value.end, pair.key.end));
}

/** Takes a document's metadata away. */
export function removeBlock(source: Source, document: YamlDocument): Splice[] {
  const pair = metadataPair(document);
  if (pair === null || document.root.kind !== 'mapping') return [];
  const { root } = document;
  const i = root.pairs.indexOf(pair);
  if (root.flow) {
    const comma = /^, ?/.exec(source.text.slice(pair.value.end, pair.value.end + 2))?.[0] ?? '';
    if (i === 0) return [{ start: pair.key.start, end: pair.value.end + comma.length, text: '' }];
    const previous = root.pairs[i - 1];
    return [{ start: previous === undefined ? pair.key.start : previous.value.end, end: pair.value.end, text: '' }];
  }
  const end = blockEnd(source, pair);
  let start = source.lineStart(pair.key.start);
  if (end === source.text.length && !source.text.endsWith('\n') && start > 0) {
    // A file without a last line break got its block behind one, and the block none: see `addBlocks`.
    start -= source.text.charCodeAt(start - 2) === 0x0d ? 2 : 1;
  }
  // sops puts the last comments of a document there when it writes a file.
  const comment = pair.key.end + source.text.slice(pair.key.end, source.lineEnd(pair.key.end)).indexOf('#');
  if (comment < pair.key.end) return [{ start, end, text: '' }];
  return [
    { start: source.lineStart(pair.key.start), end: comment, text: '' },
    { start: source.nextLine(comment), end, text: '' },
  ];
}

/**
 * Metadata for each document: Flux splits a file and decrypts every document alone. An empty one gets none, because Flux cannot
 * load it then, unless it is the first, where sops looks.
 */
export function addBlocks(
  text: YamlText,
  metadata: MetadataTree,
  lineEnd: string,
  like: BlockPattern | null,
): Splice[] {
  return text.documents.flatMap((document) => {
    const { root, index } = document;
    if (root.kind === 'scalar') {
      return index === 0 ? [appended(text.source, document, writeBlock(metadata, 0, lineEnd, like), lineEnd)] : [];
    }
    if (root.pairs.length === 0 && index > 0) return [];
    if (root.flow) {
      const comma = root.pairs.length === 0 ? '' : ', ';
      const start = root.start + 1;
      return [{ start, end: start, text: `"${metadataKey}": ${flowText(metadata)}${comma}` }];
    }
    const block = writeBlock(metadata, root.column, lineEnd, like);
    if (like?.first === true || needsBlockFirst(text.source, document)) {
      const start = text.source.lineStart(root.start);
      return [{ start, end: start, text: block }];
    }
    return [appended(text.source, document, block, lineEnd)];
  });
}

/** Whatever its layout, a file must show `"mac": "ENC[`: Flux knows encrypted sources by these bytes. */
function flowText(metadata: MetadataTree): string {
  return JSON.stringify(Object.fromEntries(sortedEntries(metadata)), sortedReplacer).replace(/"mac":"/, '"mac": "');
}

function sortedReplacer(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(sortedEntries(value))
    : value;
}

function appended({ text }: Source, { end }: YamlDocument, block: string, lineEnd: string): Splice {
  const unfinished = end === text.length && end > 0 && !text.endsWith('\n');
  if (!unfinished) return { start: end, end, text: block };
  return { start: end, end, text: lineEnd + block.slice(0, block.length - lineEnd.length) };
}

/** A block scalar at the end of a text without a last line break would get one by a block behind it. */
function needsBlockFirst({ text }: Source, { root, end }: YamlDocument): boolean {
  if (end !== text.length || text.endsWith('\n')) return false;
  let node: YamlNode = root;
  for (;;) {
    const last: YamlNode | undefined =
      node.kind === 'mapping' ? node.pairs.at(-1)?.value : node.kind === 'sequence' ? node.items.at(-1) : undefined;
    if (last === undefined) break;
    node = last;
  }
  return node.kind === 'scalar' && node.block !== null;
}
