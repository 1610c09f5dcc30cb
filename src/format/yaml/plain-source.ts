import type { ValueType } from '../../tree/leaf.ts';
import { plaintextOf } from './plaintext.ts';
import { resolvePlain } from './resolve.ts';

/** A value on the line of its key. */
export interface PlainValue {
  readonly path: readonly string[];
  readonly type: ValueType;
  readonly canonical: string;
  readonly plaintext: string;
  readonly quote: '' | '"' | "'";
  /** Position in the text, quotes included: offsets, and line and column from 1. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/**
 * A line of a mapping: its margin, its key, and a value in double, single or no quotes. What is looked at behind the margin is one of a kind in
 * each place, so that no search takes long.
 */
const entry =
  /( *)([A-Za-z_][\w./-]{0,99}):(?: (?:"([^"\\\n]+)"|'([^'\n]+)'|([^-?:,[\]{}#&*!|>'"%@`=~\s\n][^\n]*)))?\n/y;
/** YAML 1.1 reads these as something else than a text, as a key. */
const otherKey = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const notPlain = /[^\n\x20-\x7e]/;
const endsPlain = /: | #|[: ]$/;

/**
 * Reads a plaintext file in the plainest YAML, of which most Secrets are: one document of mappings with plain keys, each value on the line
 * of its key, no comments, lists, anchors, tags or flow collections.
 * @returns null for everything else: then the real reader must say
 */
export function readPlainSource(text: string): readonly PlainValue[] | null {
  if (text.length > mostPlainLength || !text.endsWith('\n') || notPlain.test(text)) return null;
  const values: PlainValue[] = [];
  const open: Open[] = [];
  let line = 0;
  /** Whether the last line was a key without a value, whose mapping must follow. */
  let awaits = true;
  for (let at = 0; at < text.length; at = entry.lastIndex) {
    entry.lastIndex = at;
    const found = entry.exec(text);
    if (found === null) return null;
    line++;
    const [, { length: margin } = '', key = '', double, single, bare] = found;
    if (awaits) {
      if (margin <= (open.at(-1)?.margin ?? -1)) return null;
      open.push({ margin, keys: new Set(), path: [] });
    }
    while (margin < (open.at(-1)?.margin ?? 0)) open.pop();
    const level = open.at(-1);
    if (level === undefined || level.margin !== margin || level.keys.has(key) || otherKey.test(key)) return null;
    if (open.length === 1 && (margin > 0 || key === 'sops')) return null;
    level.keys.add(key);
    const path = [...(open.at(-2)?.path ?? []), key];
    level.path = path;
    const quoted = double ?? single;
    awaits = quoted === undefined && bare === undefined;
    if (awaits) continue;
    const end = entry.lastIndex - 1;
    const place = { start: at + margin + key.length + 2, end, line, column: margin + key.length + 3 };
    if (quoted !== undefined) {
      const quote = double === undefined ? "'" : '"';
      values.push({ path, type: 'str', canonical: quoted, plaintext: quoted, quote, ...place });
      continue;
    }
    const spelled = bare as string;
    const resolved = endsPlain.test(spelled) ? null : resolvePlain(spelled);
    if (resolved === null || resolved.type === 'null' || typeof resolved.canonical !== 'string') return null;
    const { type, canonical } = resolved;
    const plaintext = plaintextOf(spelled, type, canonical);
    if (typeof plaintext !== 'string') return null;
    values.push({ path, type, canonical, plaintext, quote: '', ...place });
  }
  return awaits ? null : values;
}

/** Larger ones are rare, and a text takes more than its bytes. */
export const mostPlainLength = 1 << 20;

/** A mapping that may go on. */
interface Open {
  readonly margin: number;
  readonly keys: Set<string>;
  /** Of its last key. */
  path: readonly string[];
}
