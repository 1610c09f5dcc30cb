import { type MapEntry, textTree, type ValueTree } from '../../tree/values/value-tree.ts';
import { readLines } from '../dotenv/lines.ts';
import { unescapeNewlines } from '../dotenv/metadata-lines.ts';
import { decodeText } from '../source-text.ts';

export function readDotenvValues(source: Uint8Array): ValueTree[] {
  const text = decodeText(source);
  const entries: MapEntry[] = [];
  let comments: string[] = [];
  for (const line of readLines(text)) {
    if (line.kind === 'comment') {
      comments.push(text.slice(line.start + 1, line.end));
      continue;
    }
    entries.push({ key: line.key, value: textTree(unescapeNewlines(text.slice(line.valueStart, line.end))), comments });
    comments = [];
  }
  return [{ kind: 'map', entries }];
}
