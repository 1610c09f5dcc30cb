import { sliceOf } from '../../document/edit/slice.ts';
import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import { encodeText } from '../../format/source-text.ts';
import { loadValueEmitter } from '../../format/values/emit.ts';
import { loadValueReader } from '../../format/values/read.ts';
import type { KeyPath } from '../../tree/key-path.ts';
import { valueAt } from '../../tree/values/value-path.ts';
import { emptyMap, type ValueTree } from '../../tree/values/value-tree.ts';

/** What `--extract` prints: a text as it is, without a line break; a branch as a file; anything else as a value. */
export async function extractValue(
  source: Uint8Array,
  format: FormatName,
  output: FormatName,
  path: KeyPath,
  indent: number | null,
): Promise<Uint8Array> {
  const [root = emptyMap] = (await loadValueReader(format))(source);
  const value = valueAt(root, path);
  if (value.kind === 'scalar' && value.type === 'str') {
    return typeof value.content === 'string' ? encodeText(value.content) : value.content;
  }
  // The user's own layout, unless another one is asked for.
  const sliced = format === output && indent === null ? await sliceOf(format, source, path, value) : null;
  if (sliced !== null) return sliced;
  if (value.kind === 'map') return (await loadValueEmitter(output))([value], indent);
  return encodeText(await single(value, output, indent));
}

async function single(value: ValueTree, output: FormatName, indent: number | null): Promise<string> {
  switch (output) {
    case 'yaml': {
      const { emitYaml } = await import('../../format/values/emit-yaml.ts');
      return emitYaml([value], indent ?? 4);
    }
    case 'json':
    case 'ini': {
      const { emitJson } = await import('../../format/values/emit-json.ts');
      return emitJson(value, indent);
    }
    default:
      throw new GitSopsError('cannot-emit', { detail: output, other: 'it has no single value but a text' });
  }
}
