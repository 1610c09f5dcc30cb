import { GitSopsError } from '../../errors.ts';
import type { ScalarTree, ValueTree } from '../../tree/values/value-tree.ts';
import { bareToken } from '../json/number.ts';
import { textOf } from '../source-text.ts';

/** One value, without a line break at its end; keys keep their order. @param indent null for a tab */
export function emitJson(tree: ValueTree, indent: number | null): string {
  return emitIndented(tree, indent === null ? '\t' : ' '.repeat(indent), '\n');
}

/** @param line line break and indentation of the line that the value begins in; null for all in one line */
export function emitIndented(tree: ValueTree, unit: string, line: string | null): string {
  if (tree.kind === 'scalar') return jsonScalar(tree);
  const inner = line === null ? null : line + unit;
  const parts =
    tree.kind === 'list'
      ? tree.items.map((item) => emitIndented(item, unit, inner))
      : tree.entries.map(({ key, value }) => `${JSON.stringify(key)}: ${emitIndented(value, unit, inner)}`);
  const [open, close] = tree.kind === 'list' ? '[]' : '{}';
  if (parts.length === 0) return `${open}${close}`;
  return inner === null
    ? `${open}${parts.join(', ')}${close}`
    : `${open}${inner}${parts.join(`,${inner}`)}${line}${close}`;
}

function jsonScalar({ type, content }: ScalarTree): string {
  if (type === 'null') return 'null';
  try {
    return bareToken({ type, plaintext: content }) ?? JSON.stringify(textOf(content));
  } catch (cause) {
    // Infinity, and bytes that are no text.
    throw new GitSopsError(
      'cannot-emit',
      { detail: 'JSON', other: `it has no spelling for a ${type} in it` },
      { cause },
    );
  }
}
