import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { MapTree, ValueTree } from '../../tree/values/value-tree.ts';
import { survivesSops, writeKeyName } from '../ini/key-name.ts';
import { spell } from '../ini/spelling.ts';
import { encodeText } from '../source-text.ts';
import { flatEntries } from './emit-dotenv.ts';

/** Sections of keys, laid out as sops does it (ini.v1's file.go). The default section has no header where it comes first. */
export function emitIni([root]: readonly ValueTree[]): string {
  if (root?.kind !== 'map') throw new GitSopsError('cannot-emit', { detail: 'INI', other: 'it is no map' });
  const sections = root.entries.map(({ key, value, comments = [] }, i) => {
    if (value.kind !== 'map') throw cannotEmit(key, 'is no section');
    if (/[\r\n]/.test(key) || key.trim() === '') throw cannotEmit(key, 'is no name of a section');
    const header = i === 0 && key === 'DEFAULT' ? [] : [...comments.map((text) => `; ${text}`), `[${key}]`];
    return [...header, ...keyLines(value)].map((line) => `${line}\n`).join('');
  });
  return sections.filter((section) => section !== '').join('\n');
}

/** With the delimiters of a section below each other, which the loader counts out in bytes. */
function keyLines(section: MapTree): string[] {
  const entries = flatEntries(section, 'INI').map((entry) => {
    if (/[\r\n]/.test(entry.key) || !survivesSops(entry.key)) throw cannotEmit(entry.key, 'is no name there');
    const name = writeKeyName(entry.key);
    return { ...entry, name, length: encodeText(name).length };
  });
  const width = Math.max(0, ...entries.map(({ length }) => length));
  return entries.flatMap(({ comments, name, length, text }) => [
    ...comments.map((comment) => `; ${comment}`),
    `${name}${' '.repeat(width - length)} = ${spell(text, '')}`,
  ]);
}

function cannotEmit(key: string, what: string): GitSopsError {
  return new GitSopsError('cannot-emit', { detail: 'INI', other: `${showKeyPath([key])} ${what}` });
}
