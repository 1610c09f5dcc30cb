import { GitSopsError } from '../../errors.ts';
import type { MapTree, ValueTree } from '../../tree/values/value-tree.ts';
import { spell } from '../ini/spelling.ts';
import type { Quote } from '../ini/value.ts';
import type { Outline, OutlineContainer } from '../outline.ts';
import { plainText } from './emit-dotenv.ts';
import { ownEnd, type Placer, spliced } from './placer.ts';

export const iniPlacer: Placer = {
  documents: false,
  *replace({ text }, _container, { node }, value) {
    if (node.kind !== 'value') return;
    const quote = /^("""|["'`]).*\1$/s.exec(text.slice(node.start, node.end))?.[1] ?? '';
    const blank = text[node.start - 1] === '=' && node.start === node.end ? ' ' : '';
    yield spliced(text, node.start, node.end, blank + spell(written(value), quote as Quote));
  },
  *insert(outline, container, key, value) {
    if (container === outline.root.node) yield* insertSection(outline, String(key), value);
    else yield insertKey(outline, container, String(key), value);
  },
};

function* insertSection({ text }: Outline, name: string, value: ValueTree): Generator<string> {
  if (value.kind !== 'map') throw new GitSopsError('cannot-emit', { detail: 'INI', other: 'a value needs a section' });
  const lines = keyLines(value, ' = ');
  // Keys above the first header are the default section's.
  if (name === 'DEFAULT') yield `${lines}${text === '' ? '' : '\n'}${text}`;
  else yield `${text}${text === '' ? '' : '\n'}[${name}]\n${lines}`;
}

function insertKey({ text }: Outline, { entries, start }: OutlineContainer, key: string, value: ValueTree): string {
  const last = entries.at(-1);
  if (last === undefined) {
    const at = text[start] === '[' ? text.indexOf('\n', start) + 1 : start;
    return spliced(text, at, at, keyLines({ kind: 'map', entries: [{ key, value }] }, ' = '));
  }
  const around = /^([ \t]*)[^=:]*?([ \t]*[=:][ \t]*)/.exec(text.slice(last.own, last.node.end));
  const at = ownEnd(text, last);
  const line = keyLines({ kind: 'map', entries: [{ key, value }] }, around?.[2] ?? ' = ');
  return spliced(text, at, at, (around?.[1] ?? '') + line);
}

function keyLines({ entries }: MapTree, sign: string): string {
  return entries.map(({ key, value }) => `${key}${sign}${spell(written(value), '')}\n`).join('');
}

function written(value: ValueTree): string {
  if (value.kind === 'scalar') return plainText(value);
  throw new GitSopsError('cannot-emit', { detail: 'INI', other: `it would hold a ${value.kind} in a section` });
}
