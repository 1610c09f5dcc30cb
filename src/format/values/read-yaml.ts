import { GitSopsError } from '../../errors.ts';
import type { MapEntry, ValueTree } from '../../tree/values/value-tree.ts';
import { decodeText } from '../source-text.ts';
import { mergedPairs } from '../yaml/copy.ts';
import type { CommentLines, Pair, YamlNode } from '../yaml/node.ts';
import { resolve } from '../yaml/resolve.ts';
import type { Source } from '../yaml/source.ts';
import { readText } from '../yaml/text.ts';

/** Aliases of aliases can make a small file a huge one. */
const mostValues = 1_000_000;

export function valuesOfNode(source: Source, node: YamlNode): ValueTree {
  return new Reader(source).values(node);
}

/** One tree a document; aliases and merges are carried out. */
export function readYamlValues(source: Uint8Array): ValueTree[] {
  const text = readText(decodeText(source).replace(/^\ufeff/, ''));
  const reader = new Reader(text.source);
  return text.documents.map(({ root }) =>
    // Nothing behind a `---` is an empty map.
    root.kind === 'scalar' ? { kind: 'map', entries: [] } : reader.values(root),
  );
}

class Reader {
  readonly #source: Source;
  #count = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  values(node: YamlNode): ValueTree {
    if (++this.#count > mostValues) throw new GitSopsError('invalid-yaml', { detail: 'aliases make too many values' });
    switch (node.kind) {
      case 'mapping':
        return { kind: 'map', entries: mergedPairs(node).map((pair) => this.#entry(pair)) };
      case 'sequence':
        return { kind: 'list', items: node.items.map((item) => this.values(item)) };
      case 'alias':
        return this.values(node.target);
      case 'scalar': {
        const { type, canonical } = resolve(this.#source, node);
        return { kind: 'scalar', type, content: canonical };
      }
    }
  }

  #entry({ key, value }: Pair): MapEntry {
    const around = value.kind === 'scalar' ? [...value.head, ...value.line] : [];
    const comments = this.#comments([...key.head, ...key.line, ...around]);
    return { key: key.value, value: this.values(value), ...(comments.length > 0 && { comments }) };
  }

  #comments(lines: CommentLines): string[] {
    return lines
      .filter((offset) => offset >= 0)
      .map((offset) => this.#source.text.slice(offset + 1, this.#source.lineEnd(offset)));
  }
}
