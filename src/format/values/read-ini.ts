import { type MapEntry, textTree, type ValueTree } from '../../tree/values/value-tree.ts';
import { commentText, commentValue, type IniComment } from '../ini/comment.ts';
import { scanIni } from '../ini/scan.ts';
import { decodeText } from '../source-text.ts';

/** Sections are maps of a map. The default one always is there, as for sops. */
export function readIniValues(source: Uint8Array): ValueTree[] {
  const text = decodeText(source);
  const commentsOf = (comment: IniComment): string[] =>
    comment.length === 0 ? [] : commentValue(commentText(text, comment)).split('\n');
  const entries = scanIni(text).sections.map(({ name, keys, comment }): MapEntry => {
    const inner = keys.map(
      (key): MapEntry => ({ key: key.name, value: textTree(key.value.value), comments: commentsOf(key.comment) }),
    );
    return { key: name, value: { kind: 'map', entries: inner }, comments: commentsOf(comment) };
  });
  return [{ kind: 'map', entries }];
}
