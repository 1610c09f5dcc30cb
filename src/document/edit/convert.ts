import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import { loadValueEmitter } from '../../format/values/emit.ts';
import { loadValueReader } from '../../format/values/read.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import { repeatedKey } from '../../tree/values/value-tree.ts';

/**
 * A plaintext file in another format; the very bytes where it is the same one.
 * @param trees what a binary file is made of: of one value (`binary`), or as JSON, as sops's binary store writes a tree
 * @throws GitSopsError `cannot-emit` for values that the other format has no place for
 */
export async function convert(
  source: Uint8Array,
  from: FormatName,
  to: FormatName,
  indent: number | null,
  trees: 'binary' | 'json',
): Promise<Uint8Array> {
  if (from === to) return source;
  const documents = (await loadValueReader(from))(source);
  if (to === 'yaml' || to === 'ini') {
    const twice = documents.map(repeatedKey).find((key) => key !== null);
    if (twice != null) {
      const other = `a key stands there once, and this file has ${showKeyPath([twice])} twice`;
      throw new GitSopsError('cannot-emit', { detail: to === 'yaml' ? 'YAML' : 'INI', other });
    }
  }
  const emit = await loadValueEmitter(to === 'binary' ? trees : to);
  return emit(documents, indent);
}

/** What a file of one type is sealed as where another is asked for: sops's binary store writes a tree of values as JSON. */
export function sealedAs(from: FormatName, to: FormatName): FormatName {
  return to === 'binary' && from !== 'binary' ? 'json' : to;
}
