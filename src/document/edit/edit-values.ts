import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import { loadOutliner } from '../../format/outlines.ts';
import { decodeText, encodeText } from '../../format/source-text.ts';
import { loadValueEmitter } from '../../format/values/emit.ts';
import { plainText } from '../../format/values/emit-dotenv.ts';
import { loadPlacer } from '../../format/values/place.ts';
import { loadValueReader, type ValueReader } from '../../format/values/read.ts';
import { withoutValue, withValue } from '../../tree/values/value-path.ts';
import { sameValues, textTree, type ValueTree } from '../../tree/values/value-tree.ts';
import { haveOneBreak, shapeOf, withShape } from '../merge/text-shape.ts';
import { type Change, candidatesFor, rangeOf } from './candidates.ts';

/**
 * A plaintext file with a value set or taken away at a path of its first document. The layout stays: the smallest edit of the
 * text is taken that reads as what was asked for and changes nothing else; where a spelling allows none, what is around the
 * value is written anew.
 * @throws GitSopsError `bad-set-path`, `no-such-key`, `not-a-collection`, `cannot-emit`
 */
export async function editValues(name: FormatName, source: Uint8Array, asked: Change): Promise<Uint8Array> {
  const read = await loadValueReader(name);
  const documents = read(source);
  const [first = { kind: 'map', entries: [] } satisfies ValueTree, ...others] = documents;
  const change = isFlat(name) ? asText(asked) : asked;
  const { path } = change;
  const wanted = [change.kind === 'set' ? withValue(first, path, change.value) : withoutValue(first, path), ...others];
  refuseMetadataKey(wanted[0], name);
  if (documents.length > 0 && sameValues(first, wanted[0] as ValueTree)) return source;
  if (name !== 'binary') {
    const decoded = decodeText(source);
    const { text, shape } = shapeOf(decoded, haveOneBreak([decoded], name));
    const [outliner, placer] = [await loadOutliner(name), await loadPlacer(name)];
    if (outliner !== null) {
      const apart = placer.apart?.(text, ...rangeOf(outliner(text), placer, path)) ?? null;
      for (const start of apart === null ? [text] : [text, apart]) {
        // What is written anew should not be the whole file as long as taking an alias apart does.
        const few = start === text && apart !== null;
        for (const candidate of candidatesFor(outliner(start), placer, wanted[0] as ValueTree, change, few)) {
          const edited = encodeText(withShape(candidate, shape));
          if (readsAs(read, edited, wanted)) return edited;
        }
      }
    }
  }
  const emitted = (await loadValueEmitter(name))(wanted, null);
  if (!readsAs(read, emitted, wanted)) {
    throw new GitSopsError('cannot-emit', { detail: name, other: 'it has no place for such a value there' });
  }
  return emitted;
}

function readsAs(read: ValueReader, source: Uint8Array, wanted: readonly ValueTree[]): boolean {
  try {
    const documents = read(source);
    return documents.length === wanted.length && documents.every((tree, i) => sameValues(tree, wanted[i] as ValueTree));
  } catch {
    return false;
  }
}

/** Formats in which every value is text. */
function isFlat(name: FormatName): boolean {
  return name === 'dotenv' || name === 'ini';
}

function asText(change: Change): Change {
  return change.kind === 'unset' ? change : { ...change, value: flattened(change.value) };
}

function flattened(tree: ValueTree): ValueTree {
  switch (tree.kind) {
    case 'scalar':
      return textTree(plainText(tree));
    case 'map':
      return { ...tree, entries: tree.entries.map((entry) => ({ ...entry, value: flattened(entry.value) })) };
    case 'list':
      return tree;
  }
}

/** sops keeps its metadata there. */
function refuseMetadataKey(root: ValueTree | undefined, name: FormatName): void {
  if (root?.kind !== 'map') return;
  const reserved = name === 'dotenv' ? /^sops_/ : /^sops$/;
  if (root.entries.some(({ key }) => reserved.test(key))) throw new GitSopsError('sops-key-in-plaintext');
}
