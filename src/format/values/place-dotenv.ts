import { GitSopsError } from '../../errors.ts';
import type { ValueTree } from '../../tree/values/value-tree.ts';
import { escapeNewlines } from '../dotenv/metadata-lines.ts';
import { plainText } from './emit-dotenv.ts';
import { type Placer, spliced } from './placer.ts';

export const dotenvPlacer: Placer = {
  documents: false,
  *replace({ text }, _container, { node }, value) {
    yield spliced(text, node.start, node.end, written(value));
  },
  *insert({ text }, _container, key, value) {
    yield `${text}${key}=${written(value)}\n`;
  },
};

function written(value: ValueTree): string {
  if (value.kind !== 'scalar') {
    throw new GitSopsError('cannot-emit', { detail: 'dotenv', other: `it would hold a ${value.kind}` });
  }
  return escapeNewlines(plainText(value));
}
