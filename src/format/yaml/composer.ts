import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import {
  type AliasNode,
  type CommentLines,
  type MappingNode,
  metadataKey,
  noComments,
  type ScalarNode,
  type SequenceNode,
  type YamlDocument,
  type YamlNode,
} from './node.ts';
import { resolve } from './resolve.ts';
import type { Scan } from './scanner.ts';
import type { Source } from './source.ts';
import type { ScannedComment, Token, TokenKind } from './token.ts';

/**
 * Makes documents of tokens by go-yaml's grammar (parserc.go), and gives each comment to the node that go-yaml gives it
 * to (parserc.go: `yaml_parser_unfold_comments`; decode.go: `node`, `mapping`, `sequence`, `document`).
 * @throws GitSopsError for what sops refuses
 */
export function compose(source: Source, scan: Scan): YamlDocument[] {
  return new Composer(source, scan).run();
}

interface Event {
  head: CommentLines;
  line: CommentLines;
  foot: CommentLines;
}

/** A key that its mapping has already. */
interface Twin {
  readonly key: ScalarNode;
  readonly path: readonly (string | number)[];
}

class Composer {
  readonly #source: Source;
  readonly #tokens: readonly Token[];
  readonly #groups: readonly ScannedComment[];
  #next = 1;
  #nextGroup = 0;
  /** Comments that wait for the next event that takes them. */
  #head: CommentLines = noComments;
  #line: CommentLines = noComments;
  #foot: CommentLines = noComments;
  #stem: CommentLines | null = null;
  readonly #anchors = new Map<string, YamlNode | null>();
  #documents = 0;
  /** What is known of this document so far. */
  #known: { twin: Twin | null; hasAlias: boolean } = { twin: null, hasAlias: false };
  readonly #path: (string | number)[] = [];

  constructor(source: Source, scan: Scan) {
    this.#source = source;
    this.#tokens = scan.tokens;
    this.#groups = scan.groups;
  }

  run(): YamlDocument[] {
    const documents: YamlDocument[] = [];
    for (let token = this.#peek(); token.kind !== 'stream-end'; token = this.#peek()) {
      documents.push(this.#document(token));
      while (this.#peek().kind === 'document-end') this.#next++;
      const after = this.#peek();
      if (after.kind !== 'stream-end' && after.kind !== 'document-start') this.#unexpected(after);
    }
    return documents;
  }

  /** The next token; comments filed at it or before it become pending. */
  #peek(): Token {
    const token = this.#tokens[this.#next] as Token;
    while (this.#nextGroup < this.#groups.length) {
      const group = this.#groups[this.#nextGroup] as ScannedComment;
      if (token.start < group.tokenMark || (group.kind === 'head' && token.kind === 'block-end')) break;
      if (group.kind === 'head') this.#head = [...this.#head, ...group.lines];
      else if (group.kind === 'line') this.#line = [...this.#line, ...group.lines];
      else this.#foot = [...this.#foot, ...group.lines];
      this.#nextGroup++;
    }
    return token;
  }

  #take(): Event {
    const event = { head: this.#head, line: this.#line, foot: this.#foot };
    this.#head = noComments;
    this.#line = noComments;
    this.#foot = noComments;
    this.#stem = null;
    return event;
  }

  #document(first: Token): YamlDocument {
    this.#anchors.clear();
    this.#known = { twin: null, hasAlias: false };
    let head: CommentLines = noComments;
    let root: YamlNode;
    let start = 0;
    if (first.kind === 'document-start') {
      start = first.end;
      this.#next++;
      const token = this.#peek();
      root = isDocumentEnd(token.kind) ? this.#empty(token.start, null, null) : this.#node(true, false);
    } else {
      // The part of the head before its last blank line is the document's.
      const split = this.#head.lastIndexOf(-1);
      if (split > 0) {
        head = this.#head.slice(0, split);
        this.#head = this.#head.slice(split + 1);
      }
      root = this.#node(true, false);
    }
    const last = this.#peek();
    if (!isDocumentEnd(last.kind)) this.#unexpected(last);
    if (last.kind === 'document-end') this.#next++;
    const event = this.#take();
    const foot = event.foot.length > 0 ? event.foot : event.head;
    const index = this.#documents++;
    if (root.kind !== 'mapping' && !(root.kind === 'scalar' && root.style === 'empty' && root.tag === null)) {
      throw new GitSopsError('top-level-not-mapping', {
        ...this.#source.position(root.start),
        detail: root.kind === 'sequence' ? 'list' : 'value',
      });
    }
    // What an alias or a merge would write out of twins, no two readers agree about.
    const { twin, hasAlias } = this.#known;
    if (twin !== null && hasAlias) this.#refuseTwin(twin.key, twin.path);
    return { index, root, start, end: last.start, head, line: noComments, foot, hasTwins: twin !== null };
  }

  #node(block: boolean, indentless: boolean): YamlNode {
    let token = this.#peek();
    if (token.kind === 'alias') return this.#alias(token);
    let anchor: Token | null = null;
    let tag: Token | null = null;
    if (token.kind === 'anchor') {
      anchor = token;
      this.#next++;
      token = this.#peek();
    }
    if (token.kind === 'tag') {
      tag = token;
      this.#next++;
      token = this.#peek();
      if (anchor === null && token.kind === 'anchor') {
        anchor = token;
        this.#next++;
        token = this.#peek();
      }
    }
    switch (token.kind) {
      case 'entry':
        if (indentless) return this.#blockSequence(anchor, tag, true);
        break;
      case 'plain':
      case 'single':
      case 'double':
      case 'block':
        return this.#scalar(token, anchor, tag);
      case 'flow-seq':
        return this.#flowSequence(token, anchor, tag);
      case 'flow-map':
        return this.#flowMapping(token, anchor, tag);
      case 'block-seq':
        if (block) return this.#blockSequence(anchor, tag, false);
        break;
      case 'block-map':
        if (block) return this.#blockMapping(token, anchor, tag);
    }
    if (anchor === null && tag === null) this.#unexpected(token);
    return this.#empty((anchor ?? tag ?? token).start, anchor, tag);
  }

  #alias(token: Token): AliasNode {
    const target = this.#anchors.get(token.value);
    if (target === undefined)
      throw this.#source.invalid(token.start, `the alias *${token.value} has no anchor before it`);
    if (target === null) throw this.#source.invalid(token.start, `the anchor &${token.value} contains itself`);
    target.aliased = true;
    this.#known.hasAlias = true;
    const event = this.#take();
    this.#next++;
    return {
      kind: 'alias',
      name: token.value,
      inFlow: token.inFlow,
      target: target as AliasNode['target'],
      start: token.start,
      end: token.end,
      anchor: null,
      tag: null,
      ...event,
    };
  }

  #scalar(token: Token, anchor: Token | null, tag: Token | null): ScalarNode {
    const event = this.#take();
    this.#next++;
    const { block } = token;
    const node: ScalarNode = {
      kind: 'scalar',
      style: block !== null ? (block.literal ? 'literal' : 'folded') : (token.kind as 'plain' | 'single' | 'double'),
      value: token.value,
      indent: token.indent,
      inFlow: token.inFlow,
      block,
      start: token.start,
      end: token.end,
      anchor,
      tag,
      ...event,
    };
    if (anchor !== null) this.#anchors.set(anchor.value, node);
    return node;
  }

  /** A value that is not there: no comment is given to it. */
  #empty(start: number, anchor: Token | null, tag: Token | null): ScalarNode {
    const end = Math.max(start, anchor?.end ?? 0, tag?.end ?? 0);
    const node: ScalarNode = {
      kind: 'scalar',
      style: 'empty',
      value: '',
      indent: -1,
      inFlow: false,
      block: null,
      start: end,
      end,
      anchor,
      tag,
      head: noComments,
      line: noComments,
      foot: noComments,
    };
    if (anchor !== null) this.#anchors.set(anchor.value, node);
    return node;
  }

  #stemHead(): CommentLines {
    const stem = this.#stem ?? noComments;
    this.#stem = null;
    return stem;
  }

  #blockSequence(anchor: Token | null, tag: Token | null, indentless: boolean): SequenceNode {
    const first = this.#peek();
    const head = indentless ? noComments : this.#stemHead();
    const node: SequenceNode = {
      kind: 'sequence',
      flow: false,
      items: [],
      column: this.#source.columnOf(first.start),
      start: first.start,
      end: first.end,
      anchor,
      tag,
      head,
      line: noComments,
      foot: noComments,
    };
    if (anchor !== null) this.#anchors.set(anchor.value, null);
    if (!indentless) this.#next++;
    for (let token = this.#peek(); token.kind === 'entry'; token = this.#peek()) {
      const stemLength = this.#head.length;
      this.#next++;
      this.#splitStem(stemLength);
      const { kind } = this.#peek();
      this.#path.push(node.items.length);
      const ends = kind === 'entry' || kind === 'block-end' || (indentless && (kind === 'key' || kind === 'value'));
      const item = ends ? this.#empty(token.end, null, null) : this.#node(true, false);
      this.#path.pop();
      node.items.push(item);
      node.end = item.end;
    }
    if (!indentless) {
      const end = this.#peek();
      if (end.kind !== 'block-end') this.#unexpected(end);
      this.#next++;
    }
    if (anchor !== null) this.#anchors.set(anchor.value, node);
    return node;
  }

  /** A comment above `- ` heads the collection that begins behind it, not that collection's first entry. */
  #splitStem(length: number): void {
    if (length === 0) return;
    const { kind } = this.#peek();
    if (kind !== 'block-seq' && kind !== 'block-map') return;
    this.#stem = this.#head.slice(0, length);
    this.#head = this.#head.slice(length);
  }

  #blockMapping(start: Token, anchor: Token | null, tag: Token | null): MappingNode {
    const node = this.#mapping(start, anchor, tag, false, {
      head: this.#stemHead(),
      line: noComments,
      foot: noComments,
    });
    this.#next++;
    const keys = new Map<string, ScalarNode>();
    for (;;) {
      let token = this.#peek();
      if (token.kind === 'block-end') break;
      if (token.kind !== 'key') this.#unexpected(token);
      const explicit = token.end > token.start;
      this.#next++;
      let { kind } = this.#peek();
      const noKey = kind === 'key' || kind === 'value' || kind === 'block-end';
      const key = this.#key(noKey ? this.#empty(token.end, null, null) : this.#node(true, true), keys);
      const previous = node.pairs.at(-1)?.key;
      if (key.foot.length > 0 && previous !== undefined) {
        // What follows a dedent is a foot of the pair before.
        previous.foot = key.foot;
        key.foot = noComments;
      }
      token = this.#peek();
      this.#path.push(key.value);
      let value: YamlNode;
      if (token.kind === 'value') {
        this.#next++;
        kind = this.#peek().kind;
        const noValue = kind === 'key' || kind === 'value' || kind === 'block-end';
        value = noValue ? this.#empty(token.end, null, null) : this.#node(true, true);
      } else value = this.#empty(key.end, null, null);
      this.#path.pop();
      this.#addPair(node, key, value, explicit);
    }
    const { line, foot } = this.#take();
    this.#next++;
    node.line = line;
    const last = node.pairs.at(-1)?.key;
    if (foot.length > 0 && last !== undefined) last.foot = foot;
    else node.foot = foot;
    if (anchor !== null) this.#anchors.set(anchor.value, node);
    return node;
  }

  #mapping(start: Token, anchor: Token | null, tag: Token | null, flow: boolean, event: Event): MappingNode {
    if (anchor !== null) this.#anchors.set(anchor.value, null);
    const column = this.#source.columnOf(start.start);
    return { kind: 'mapping', flow, pairs: [], column, start: start.start, end: start.end, anchor, tag, ...event };
  }

  #addPair(node: MappingNode, key: ScalarNode, value: YamlNode, explicit: boolean): void {
    if (key.foot.length === 0 && value.foot.length > 0) {
      key.foot = value.foot;
      value.foot = noComments;
    }
    const merges = key.style === 'plain' && key.value === '<<' && (key.tag === null || isMergeTag(key.tag.value));
    if (merges && !isMergeable(value, true)) {
      throw this.#source.invalid(value.start, 'a << takes a mapping, or a list of mappings');
    }
    node.pairs.push({ key, value, merges, explicit });
    node.end = Math.max(value.end, key.end);
  }

  /**
   * sops's trees have text for keys. It has go-yaml make a map of the first document, which refuses a key that stands twice; of the
   * others it takes each entry, and so do we, but never of the metadata, and of no merge.
   */
  #key(node: YamlNode, keys: Map<string, ScalarNode>): ScalarNode {
    if (node.kind !== 'scalar' || node.anchor !== null || resolve(this.#source, node).type !== 'str') {
      const what =
        node.kind === 'scalar' ? 'a key that is no text, or has an anchor' : `a key that is ${article(node.kind)}`;
      throw new GitSopsError('invalid-yaml', { ...this.#source.position(node.start), detail: what });
    }
    if (keys.has(node.value)) {
      const path = [...this.#path, node.value];
      if (this.#documents === 0 || path[0] === metadataKey || node.value === '<<') this.#refuseTwin(node, path);
      this.#known.twin ??= { key: node, path };
    }
    keys.set(node.value, node);
    return node;
  }

  #refuseTwin(key: ScalarNode, path: readonly (string | number)[]): never {
    throw new GitSopsError('duplicate-key', { ...this.#source.position(key.start), keyPath: showKeyPath(path) });
  }

  #flowSequence(start: Token, anchor: Token | null, tag: Token | null): SequenceNode {
    const event = this.#take();
    if (anchor !== null) this.#anchors.set(anchor.value, null);
    const { start: offset } = start;
    const column = this.#source.columnOf(offset);
    const node: SequenceNode = {
      ...{ kind: 'sequence', flow: true, items: [], column, start: offset, end: start.end, anchor, tag },
      ...event,
    };
    this.#next++;
    for (let token = this.#peek(); token.kind !== 'flow-seq-end'; token = this.#peek()) {
      if (node.items.length > 0) {
        if (token.kind !== 'flow-entry') this.#unexpected(token);
        this.#next++;
        token = this.#peek();
        if (token.kind === 'flow-seq-end') break;
      }
      this.#path.push(node.items.length);
      node.items.push(token.kind === 'key' ? this.#singlePair(token) : this.#node(false, false));
      this.#path.pop();
    }
    this.#closeFlow(node, anchor);
    return node;
  }

  /** `[a: 1]` holds a mapping of one pair. */
  #singlePair(start: Token): MappingNode {
    const none = { head: noComments, line: noComments, foot: noComments };
    const node = this.#mapping(start, null, null, true, none);
    this.#next++;
    let token = this.#peek();
    const noKey = token.kind === 'value' || token.kind === 'flow-entry' || token.kind === 'flow-seq-end';
    if (noKey) this.#unexpected(token);
    const key = this.#key(this.#node(false, false), new Map());
    token = this.#peek();
    let value: YamlNode | null = null;
    if (token.kind === 'value') {
      this.#next++;
      const { kind } = this.#peek();
      this.#path.push(key.value);
      if (kind !== 'flow-entry' && kind !== 'flow-seq-end') value = this.#node(false, false);
      this.#path.pop();
    }
    this.#addPair(node, key, value ?? this.#empty(token.end, null, null), start.end > start.start);
    return node;
  }

  #flowMapping(start: Token, anchor: Token | null, tag: Token | null): MappingNode {
    const node = this.#mapping(start, anchor, tag, true, this.#take());
    this.#next++;
    const keys = new Map<string, ScalarNode>();
    for (let token = this.#peek(); token.kind !== 'flow-map-end'; token = this.#peek()) {
      if (node.pairs.length > 0) {
        if (token.kind !== 'flow-entry') this.#unexpected(token);
        this.#next++;
        token = this.#peek();
        if (token.kind === 'flow-map-end') break;
      }
      const hasKey = token.kind === 'key';
      if (hasKey) {
        this.#next++;
        const { kind } = this.#peek();
        if (kind === 'value' || kind === 'flow-entry' || kind === 'flow-map-end') this.#unexpected(this.#peek());
      }
      const key = this.#key(this.#node(false, false), keys);
      let value: YamlNode | null = null;
      let end = key.end;
      if (hasKey) {
        const sign = this.#peek();
        if (sign.kind === 'value') {
          end = sign.end;
          this.#next++;
          const { kind } = this.#peek();
          this.#path.push(key.value);
          if (kind !== 'flow-entry' && kind !== 'flow-map-end') value = this.#node(false, false);
          this.#path.pop();
        }
      } else this.#peek();
      this.#addPair(node, key, value ?? this.#empty(end, null, null), hasKey && token.end > token.start);
    }
    this.#closeFlow(node, anchor);
    return node;
  }

  #closeFlow(node: MappingNode | SequenceNode, anchor: Token | null): void {
    const { line, foot } = this.#take();
    node.line = line;
    node.foot = foot;
    node.end = (this.#tokens[this.#next] as Token).end;
    this.#next++;
    if (anchor !== null) this.#anchors.set(anchor.value, node);
  }

  #unexpected(token: Token): never {
    const what = token.kind === 'stream-end' ? 'the end of the file' : `"${token.kind}"`;
    throw this.#source.invalid(token.start, `${what} stands where go-yaml expects something else`);
  }
}

function isDocumentEnd(kind: TokenKind): boolean {
  return kind === 'document-start' || kind === 'document-end' || kind === 'stream-end';
}

function isMergeTag(tag: string): boolean {
  return tag === '!' || tag === '!!merge' || tag === '!<tag:yaml.org,2002:merge>';
}

function isMergeable(value: YamlNode, listed: boolean): boolean {
  if (value.kind === 'alias') return value.target.kind === 'mapping';
  if (value.kind === 'sequence') return listed && value.items.every((item) => isMergeable(item, false));
  return value.kind === 'mapping';
}

function article(kind: string): string {
  return kind === 'alias' ? 'an alias' : `a ${kind}`;
}
