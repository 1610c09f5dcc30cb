import { GitSopsError } from '../../errors.ts';
import { type FlatLine, followBlock } from '../flat-block.ts';
import { type FlatEntry, flatten, unflatten } from '../flatten.ts';
import type { MetadataTree } from '../format.ts';
import { encodeText, lineEndOf } from '../source-text.ts';
import type { Splice } from '../splice.ts';
import { writeKeyName } from './key-name.ts';
import type { IniKey, IniSection, IniSource } from './scan.ts';
import { spellMetadata } from './spelling.ts';

/** The `[sops]` section of a file. */
export interface MetadataSection {
  readonly tree: MetadataTree;
  /** From its header's line to the line of its last entry, newline included. */
  readonly start: number;
  readonly end: number;
  readonly header: string;
  readonly lines: readonly FlatLine[];
  /** Of an entry, the text around its value. */
  readonly around: ReadonlyMap<string, readonly [before: string, after: string]>;
  /** Where the delimiters stand, counted in characters from the start of the line. */
  readonly width: number;
  /** Whether a blank line stands above it, as sops writes it. */
  readonly lead: boolean;
}

/** @throws GitSopsError `duplicate-key` for a second one; `sops-key-in-plaintext` for one that is not sops's */
export function readMetadataSection(text: string, { sections }: IniSource): MetadataSection | null {
  const [section, second] = sections.filter(({ name }) => name === 'sops');
  if (section === undefined || section.header === null) return null;
  if (second !== undefined) throw new GitSopsError('duplicate-key', { line: second.line, keyPath: 'sops' });
  const entries = section.keys.map(({ name, value }): FlatEntry => [name, value.value.replaceAll('\\n', '\n')]);
  const tree = unflatten(entries);
  const { mac } = tree ?? {};
  if (tree === null || typeof mac !== 'string') throw new GitSopsError('sops-key-in-plaintext', { line: section.line });
  const { start, end: headerEnd } = section.header;
  return {
    tree,
    start,
    end: section.keys.at(-1)?.value.next ?? headerEnd,
    header: text.slice(start, headerEnd),
    ...linesOf(text, section, headerEnd),
    width: widthOf(text, section.keys[0]),
    lead: blankAbove(text, start) > 0,
  };
}

function linesOf(text: string, { keys }: IniSection, headerEnd: number): Pick<MetadataSection, 'lines' | 'around'> {
  const eol = lineEndOf(text.slice(0, headerEnd).slice(-2));
  const around = new Map<string, readonly [string, string]>();
  let from = headerEnd;
  const lines = keys.map(({ name, value }): FlatLine => {
    const before = text.slice(from, value.start);
    const after = text.slice(value.end, value.next);
    around.set(name, [before, after.endsWith('\n') ? after : after + eol]);
    const source = text.slice(from, value.next);
    from = value.next;
    const meaning = value.value.replaceAll('\\n', '\n');
    return { name, value: meaning, source: source.endsWith('\n') ? source : source + eol };
  });
  return { lines, around };
}

function widthOf(text: string, key: IniKey | undefined): number {
  if (key === undefined) return 0;
  return text.slice(key.start, key.value.start).trimEnd().slice(0, -1).trimEnd().length;
}

/** The length of the one line end that makes an empty line above this offset; 0 where there is none. */
function blankAbove(text: string, at: number): number {
  const above = text.slice(Math.max(0, at - 3), at);
  return /(?:^|\n)(\r?\n)$/.exec(above)?.[1]?.length ?? 0;
}

/** Takes the section out, with the empty line above it, and with the line end that a file without a final one was given. */
export function removeMetadata(text: string, { start, end, header }: MetadataSection): Splice {
  const from = start - blankAbove(text, start);
  const unfinished = end === text.length && !text.endsWith('\n');
  const eol = lineEndOf(header);
  const given = unfinished && text.slice(0, from).endsWith(eol) ? eol.length : 0;
  return { start: from - given, end, text: '' };
}

/** A file's text with the metadata behind it: sops's own spelling, or that of the section that is followed. */
export function appendMetadata(body: string, metadata: MetadataTree, like: MetadataSection | null): string {
  const eol = like === null ? lineEndOf(body) : lineEndOf(like.header);
  const block = blockOf(metadata, like, eol);
  if (body === '' || body === '\ufeff') return body + block;
  const finished = body.endsWith('\n');
  const closed = finished ? body : body + eol;
  // A file that ends in an empty line needs one more, since one is taken away with the section.
  const lead = like === null || like.lead || blankAbove(closed, closed.length) > 0 ? eol : '';
  return closed + lead + (finished ? block : block.replace(/\r?\n$/, ''));
}

function blockOf(metadata: MetadataTree, like: MetadataSection | null, eol: string): string {
  const entries = flatten(metadata);
  const width = like?.width ?? Math.max(0, ...entries.map(([name]) => encodeText(writeKeyName(name)).length));
  const write = ([name, value]: FlatEntry): string => {
    const spelled = spellMetadata(value.replaceAll('\n', '\\n'));
    const [before, after] = like?.around.get(name) ?? [`${writeKeyName(name).padEnd(width)} = `, eol];
    return before + spelled + after;
  };
  return (like?.header ?? `[sops]${eol}`) + followBlock(like?.lines ?? [], entries, write);
}
