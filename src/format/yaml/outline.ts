import type { Tree } from '../../tree/merge/tree.ts';
import { leadOf, type Outline, type OutlineContainer, type OutlineEntry, type OutlineNode } from '../outline.ts';
import type { MappingNode, Pair, ScalarNode, SequenceNode, YamlDocument, YamlNode } from './node.ts';
import { resolve } from './resolve.ts';
import type { Source } from './source.ts';
import type { YamlText } from './text.ts';

/** A list of documents. A collection with a key behind `?` is taken as a whole. */
export function outlineYaml({ source, documents }: YamlText): Outline {
  const outliner = new Outliner(source);
  const { length } = source.text;
  const entries = documents.map((document, i) => {
    const start = i === 0 ? 0 : (documents[i - 1]?.end ?? 0);
    return outliner.document(document, start, i === documents.length - 1 ? length : document.end);
  });
  const node: OutlineContainer = {
    kind: 'list',
    style: 'lines',
    indent: '',
    compact: false,
    start: 0,
    end: length,
    entries,
  };
  return { text: source.text, root: { key: '', start: 0, own: 0, node, end: length } };
}

class Outliner {
  readonly #source: Source;
  readonly #trees = new Map<YamlNode, Tree>();

  constructor(source: Source) {
    this.#source = source;
  }

  document({ root, start: behindMark, end: marker }: YamlDocument, start: number, end: number): OutlineEntry {
    const floor = behindMark === 0 ? start : this.#source.nextLine(behindMark);
    return { key: '', start, own: start, node: this.#node(root, floor, marker), end };
  }

  /**
   * @param floor the first line that a block collection's own lines may begin at
   * @param end what follows the node up to here is the node's as well, if it is made of lines
   */
  #node(node: YamlNode, floor: number, end: number): OutlineNode {
    if (node.kind === 'mapping' && !node.pairs.some(({ explicit }) => explicit)) {
      return node.flow
        ? this.#inline(
            node,
            node.pairs.map((pair) => this.#flowPair(pair)),
          )
        : this.#pairs(node, floor, end);
    }
    if (node.kind === 'sequence') {
      return node.flow
        ? this.#inline(
            node,
            node.items.map((item) => this.#flowItem(item)),
          )
        : this.#items(node, floor, end);
    }
    return { kind: 'value', start: node.start, end: this.#contentEnd(node), tree: this.#tree(node) };
  }

  #pairs(node: MappingNode, floor: number, end: number): OutlineNode {
    const owns = node.pairs.map(({ key }) => this.#source.lineStart(key.start));
    const lasts = node.pairs.map(({ key, value }) => Math.max(key.end, this.#contentEnd(value)));
    return this.#lines(node, 'map', owns, lasts, floor, end, (i, entryEnd) => {
      const { key, value } = node.pairs[i] as Pair;
      return [key.value, this.#node(value, this.#source.nextLine(key.end), entryEnd)];
    });
  }

  #items(node: SequenceNode, floor: number, end: number): OutlineNode {
    const lasts = node.items.map((item) => this.#contentEnd(item));
    let from = this.#source.lineStart(node.start);
    const owns = node.items.map((_, i) => {
      const own = i === 0 ? from : this.#dashLine(from);
      from = this.#source.nextLine(Math.max(lasts[i] ?? 0, own + node.column));
      return own;
    });
    return this.#lines(node, 'list', owns, lasts, floor, end, (i, entryEnd) => {
      const item = node.items[i] as YamlNode;
      return ['', this.#node(item, this.#source.nextLine(owns[i] ?? 0), entryEnd)];
    });
  }

  #lines(
    { column, start }: MappingNode | SequenceNode,
    kind: 'map' | 'list',
    owns: readonly number[],
    lasts: readonly number[],
    floor: number,
    end: number,
    read: (i: number, entryEnd: number) => [string, OutlineNode],
  ): OutlineNode {
    const { text } = this.#source;
    const compact = text.slice(owns[0], start).trim() !== '';
    const isComment = (line: string) => line.search(/\S/) === column && line[column] === '#';
    const starts = owns.map((own, i) => {
      if (i > 0)
        return leadOf(text, own, this.#source.nextLine(Math.max(lasts[i - 1] ?? 0, owns[i - 1] ?? 0)), isComment);
      return compact ? start : leadOf(text, own, Math.min(floor, own), isComment);
    });
    const entries = starts.map((entryStart, i): OutlineEntry => {
      const entryEnd = starts[i + 1] ?? end;
      const [key, node] = read(i, entryEnd);
      return { key, start: entryStart, own: i === 0 && compact ? start : (owns[i] ?? 0), node, end: entryEnd };
    });
    return { kind, style: 'lines', indent: ' '.repeat(column), compact, start: starts[0] ?? start, end, entries };
  }

  /** The line of the next item: the first that is neither blank nor a comment. */
  #dashLine(from: number): number {
    const { text } = this.#source;
    let at = from;
    while (
      at < text.length &&
      /^[ \t]*(?:#|\r?$)/.test(text.slice(at, this.#source.nextLine(at)).replace(/\r?\n$/, ''))
    ) {
      at = this.#source.nextLine(at);
    }
    return at;
  }

  #inline({ kind, start, end }: MappingNode | SequenceNode, entries: readonly OutlineEntry[]): OutlineNode {
    const lead = this.#source.text.slice(start + 1, entries[0]?.start ?? start + 1);
    return {
      kind: kind === 'mapping' ? 'map' : 'list',
      style: 'inline',
      indent: lead.includes('\n') ? lead.slice(lead.lastIndexOf('\n') + 1) : null,
      compact: false,
      start,
      end,
      entries,
    };
  }

  #flowPair({ key, value }: Pair): OutlineEntry {
    const start = startOf(key);
    const end = Math.max(key.end, value.end);
    return { key: key.value, start, own: start, node: this.#node(value, 0, end), end };
  }

  #flowItem(item: YamlNode): OutlineEntry {
    const start = startOf(item);
    return { key: '', start, own: start, node: this.#node(item, 0, item.end), end: item.end };
  }

  /** Behind a value's last character. The blank lines at the end of a block that keeps them are its own. */
  #contentEnd(node: YamlNode): number {
    if (node.kind === 'scalar' && node.block !== null) {
      const { text } = this.#source;
      const { headerEnd, contentStart, contentEnd } = node.block;
      let end = contentEnd > contentStart ? node.end : headerEnd;
      if (!text.slice(node.start, headerEnd).includes('+')) return end;
      for (let next = this.#source.nextLine(end); next < text.length; ) {
        const after = this.#source.nextLine(next);
        if (text.slice(next, after).trim() !== '') break;
        end = after - 1;
        next = after;
      }
      return end;
    }
    if (node.kind === 'mapping' && !node.flow) {
      const last = node.pairs.at(-1);
      return last === undefined ? node.end : Math.max(last.key.end, this.#contentEnd(last.value));
    }
    if (node.kind === 'sequence' && !node.flow) {
      const last = node.items.at(-1);
      return last === undefined ? node.end : Math.max(node.end, this.#contentEnd(last));
    }
    return node.end;
  }

  #tree(node: YamlNode): Tree {
    const known = this.#trees.get(node);
    if (known !== undefined) return known;
    const tree = this.#read(node);
    this.#trees.set(node, tree);
    return tree;
  }

  #read(node: YamlNode): Tree {
    switch (node.kind) {
      case 'mapping':
        return {
          kind: 'map',
          entries: node.pairs.map(({ key, value }) => ({ key: key.value, tree: this.#tree(value) })),
        };
      case 'sequence':
        return { kind: 'list', entries: node.items.map((item) => ({ key: '', tree: this.#tree(item) })) };
      case 'alias':
        return this.#tree(node.target);
      case 'scalar':
        return { kind: 'leaf', meaning: this.#meaning(node) };
    }
  }

  #meaning(node: ScalarNode): string {
    const { type, canonical } = resolve(this.#source, node);
    const text = typeof canonical === 'string' ? canonical : Buffer.from(canonical).toString('base64');
    return `${typeof canonical === 'string' ? type : 'bytes'} ${text}`;
  }
}

/** With its anchor and its tag. */
function startOf({ start, anchor, tag }: YamlNode): number {
  return Math.min(start, anchor?.start ?? start, tag?.start ?? start);
}
