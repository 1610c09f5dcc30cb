import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { MapTree, ScalarTree, ValueTree } from '../../tree/values/value-tree.ts';
import { escapeNewlines } from '../dotenv/metadata-lines.ts';
import { flatText } from '../flat-value.ts';

export function emitDotenv([root]: readonly ValueTree[]): string {
  if (root?.kind !== 'map') throw new GitSopsError('cannot-emit', { detail: 'dotenv', other: 'it is no map' });
  const lines = flatEntries(root, 'dotenv').flatMap(({ key, text, comments }) => {
    if (/[=\n]|^#/.test(key)) {
      throw new GitSopsError('cannot-emit', { detail: 'dotenv', other: `${showKeyPath([key])} is no name there` });
    }
    return [...comments.map((comment) => `#${comment}`), `${key}=${escapeNewlines(text)}`];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** A map of single values, as text. @throws GitSopsError `cannot-emit` */
export function flatEntries(
  { entries }: MapTree,
  format: string,
): { key: string; text: string; comments: readonly string[] }[] {
  return entries.map(({ key, value, comments = [] }) => {
    if (value.kind === 'scalar') return { key, text: plainText(value), comments };
    const other = `${showKeyPath([key])} is a ${value.kind}`;
    throw new GitSopsError('cannot-emit', { detail: format, other });
  });
}

/** As sops prints a value where all is text; it has `<nil>` for none. */
export function plainText({ type, content }: ScalarTree): string {
  return type === 'null' ? '<nil>' : flatText({ type, plaintext: content });
}
