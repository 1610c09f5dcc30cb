import { GitSopsError } from '../../errors.ts';
import { textTree, type ValueTree } from '../../tree/values/value-tree.ts';
import { encodeText } from '../source-text.ts';

/** A file that is one value is a map with one key to sops. */
export function readBinaryValues(source: Uint8Array): ValueTree[] {
  let content: string | Uint8Array = source;
  try {
    content = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source);
  } catch {
    // Bytes stay bytes.
  }
  return [{ kind: 'map', entries: [{ key: 'data', value: textTree(content) }] }];
}

/** @throws GitSopsError `cannot-emit` for whatever is not such a map */
export function emitBinary(documents: readonly ValueTree[]): Uint8Array {
  const [root] = documents;
  const data = root?.kind === 'map' ? root.entries.find(({ key }) => key === 'data')?.value : undefined;
  if (documents.length !== 1 || data?.kind !== 'scalar' || data.type !== 'str') {
    throw new GitSopsError('cannot-emit', {
      detail: 'binary',
      other: 'it is no single value; --output-type names another',
    });
  }
  return typeof data.content === 'string' ? encodeText(data.content) : data.content;
}
