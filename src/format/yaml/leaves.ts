import { keysOf } from '../../tree/key-path.ts';
import type { CommentLeaf, Leaf, Selects, ValueLeaf } from '../../tree/leaf.ts';
import { CommentLevel } from './comment-level.ts';
import { type Copy, isMerge, mergedPairs, pairsByMerge } from './copy.ts';
import { enclosingPath } from './enclosing.ts';
import {
  type AliasNode,
  type CommentLines,
  type MappingNode,
  metadataKey,
  type Pair,
  type ScalarNode,
  type SequenceNode,
  type YamlDocument,
  type YamlNode,
} from './node.ts';
import { plaintextOf } from './plaintext.ts';
import { hasPrivateSign } from './private-sign.ts';
import { resolve } from './resolve.ts';
import type { Source } from './source.ts';
import type { YamlText } from './text.ts';

/** A value with the node that spells it. */
export interface ValueItem {
  readonly leaf: ValueLeaf;
  readonly node: ScalarNode;
  /** The alias that stands where the value is read; null where the value stands there itself. */
  readonly alias: AliasNode | null;
  /** The written-out collection that the value is in; null for nearly every value. */
  readonly copy: Copy | null;
  /** How many values before it stand at the same path: more than 0 only where a key stands twice. */
  readonly twins: number;
}

export interface CommentItem {
  readonly leaf: CommentLeaf;
  /** Of the `#`; of the `-` for a comment that sops wrote as a list item. */
  readonly start: number;
  readonly end: number;
  /** The first item of a list in which sops wrote nothing but comments: the list itself was empty. */
  readonly opensList: boolean;
}

export interface Walk {
  readonly leaves: readonly Leaf[];
  readonly values: readonly ValueItem[];
  readonly comments: readonly CommentItem[];
  readonly copies: readonly Copy[];
}

/** sops writes a comment in a list as an item of the list. */
const listComment = /^ENC\[AES256_GCM,data:[^,\]]*,iv:[^,\]]*,tag:[^,\]]*,type:comment\]$/;

/** Against aliases of aliases, which would make a short file a huge one; go-yaml has a limit too. */
const mostAliased = 100_000;

/**
 * Walks documents as sops does (its stores/yaml/store.go makes a tree with comments as entries, its sops.go walks that), so
 * that the order is that of the MAC and each comment gets the path under which sops looks for it.
 */
export function walk(text: YamlText, selects: Selects): Walk {
  return new Walker(text, selects).run();
}

type Path = readonly (string | number)[];

class Walker {
  readonly #text: YamlText;
  readonly #selects: Selects;
  readonly #leaves: Leaf[] = [];
  readonly #values: ValueItem[] = [];
  readonly #comments: CommentItem[] = [];
  readonly #seen = new Set<number>();
  readonly #metadataRanges: { readonly start: number; readonly end: number }[] = [];
  #document = 0;
  /** Of a document in which a key stands twice: how many values each path has so far. */
  #turns: Map<string, number> | null = null;
  #alias: AliasNode | null = null;
  readonly #copies: Copy[] = [];
  #copy: Copy | null = null;
  #aliased = 0;

  constructor(text: YamlText, selects: Selects) {
    this.#text = text;
    this.#selects = selects;
  }

  run(): Walk {
    for (const document of this.#text.documents) this.#walkDocument(document);
    this.#findDropped();
    return { leaves: this.#leaves, values: this.#values, comments: this.#comments, copies: this.#copies };
  }

  #walkDocument(document: YamlDocument): void {
    this.#document = document.index;
    this.#turns = document.hasTwins ? new Map() : null;
    const level = new CommentLevel();
    this.#comment(document.head, [], level);
    this.#comment(document.line, [], level);
    const { root } = document;
    if (root.kind === 'mapping') this.#mapping(root, [], level, false);
    this.#comment(document.foot, [], level);
  }

  #mapping(node: MappingNode, path: Path, level: CommentLevel, handled: boolean): void {
    if (!handled) {
      this.#comment(node.head, path, level);
      this.#comment(node.line, path, level);
    }
    const taken = new Set<string>();
    for (const pair of this.#copy === null ? node.pairs : mergedPairs(node)) {
      const { key, value } = pair;
      this.#comment(key.head, path, level);
      this.#comment(key.line, path, level);
      if (path.length === 0 && key.value === metadataKey) {
        this.#metadataRanges.push(metadataRange(this.#text.source, node, value));
      } else {
        const single = value.kind === 'scalar' || value.kind === 'alias';
        if (single) {
          this.#comment(value.head, path, level);
          this.#comment(value.line, path, level);
        }
        if (this.#copy !== null || !isMerge(pair) || !this.#merge(pair, node, path, level, taken)) {
          this.#value(value, [...path, key.value], level, single);
        }
        level.clear();
        if (single) this.#comment(value.foot, path, level);
      }
      this.#comment(key.foot, path, level);
    }
    if (!handled) this.#comment(node.foot, path, level);
  }

  #sequence(node: SequenceNode, path: Path, level: CommentLevel, handled: boolean): void {
    if (!handled) {
      this.#comment(node.head, path, level);
      this.#comment(node.line, path, level);
    }
    const asComments = !node.flow && this.#text.encrypted && node.items.some(isListComment);
    const onlyComments = asComments && node.items.every(isListComment);
    node.items.forEach((item, i) => {
      this.#comment(item.head, path, level);
      this.#comment(item.line, path, level);
      if (asComments && isListComment(item)) this.#listComment(item, path, level, onlyComments && i === 0);
      else {
        this.#value(item, [...path, i], level, true);
        level.clear();
      }
      this.#comment(item.foot, path, level);
    });
    if (!handled) this.#comment(node.foot, path, level);
  }

  #value(node: YamlNode, path: Path, level: CommentLevel, handled: boolean): void {
    switch (node.kind) {
      case 'mapping':
        this.#mapping(node, path, level.inner(), handled);
        break;
      case 'sequence':
        this.#sequence(node, path, level.inner(), handled);
        break;
      case 'alias':
        this.#aliasValue(node, path, level);
        break;
      case 'scalar':
        this.#scalar(node, path, level);
    }
  }

  #aliasValue(node: AliasNode, path: Path, level: CommentLevel): void {
    const outer = this.#alias;
    this.#alias = outer ?? node;
    const { target, start, end, inFlow } = node;
    const isCopied =
      outer === null &&
      target.kind !== 'scalar' &&
      this.#tryCopy(
        { kind: 'alias', document: this.#document, path, start, end, inFlow, column: 0, content: target },
        () => this.#value(target, path, level, false),
      );
    if (!isCopied) this.#value(target, path, level, false);
    this.#alias = outer;
  }

  /** @returns false where nothing that it merges is encrypted: the `<<` stays then, and sops takes it for a key. */
  #merge(pair: Pair, mapping: MappingNode, path: Path, level: CommentLevel, taken: Set<string>): boolean {
    if (this.#alias !== null) return false;
    const alias = pair.value.kind === 'sequence' ? pair.value.items[0] : pair.value;
    if (alias?.kind !== 'alias') return false;
    for (const other of mapping.pairs) if (!isMerge(other)) taken.add(other.key.value);
    const pairs = pairsByMerge(pair, new Set(taken));
    const { start } = pair.key;
    const { end } = pair.value;
    const { flow: inFlow, column } = mapping;
    const content: MappingNode = { ...mapping, pairs };
    this.#alias = alias;
    const done = this.#tryCopy(
      { kind: 'merge', document: this.#document, path, start, end, inFlow, column, content },
      () => {
        for (const { key, value } of pairs) this.#value(value, [...path, key.value], level, false);
      },
    );
    this.#alias = null;
    return done;
  }

  /** Walks a copy, and forgets it if nothing in it is encrypted. */
  #tryCopy(copy: Copy, walkContent: () => void): boolean {
    if (this.#text.encrypted) return false;
    const [leaves, values] = [this.#leaves.length, this.#values.length];
    this.#copy = copy;
    walkContent();
    this.#copy = null;
    if (this.#values.slice(values).some(({ leaf }) => isEncrypted(leaf))) {
      this.#copies.push(copy);
      return true;
    }
    this.#leaves.length = leaves;
    this.#values.length = values;
    return false;
  }

  #scalar(node: ScalarNode, path: Path, level: CommentLevel): void {
    const { source } = this.#text;
    if (this.#alias !== null && ++this.#aliased > mostAliased) {
      throw source.invalid(this.#alias.start, 'aliases make it too large');
    }
    const { type, canonical } = resolve(source, node);
    const comments = level.kept();
    const leaf: ValueLeaf = {
      kind: 'value',
      document: this.#document,
      path,
      type,
      canonical,
      plaintext: plaintextOf(node.value, type, canonical),
      selected: this.#selects(keysOf(path), level.now, false),
      disguised: node.value === '' && this.#alias === null && hasPrivateSign(node),
      ...source.position((this.#alias ?? node).start),
      get comments() {
        return comments();
      },
    };
    this.#leaves.push(leaf);
    this.#values.push({ leaf, node, alias: this.#alias, copy: this.#copy, twins: this.#twinsAt(path) });
  }

  #twinsAt(path: Path): number {
    if (this.#turns === null) return 0;
    const place = JSON.stringify(path);
    const twins = this.#turns.get(place) ?? 0;
    this.#turns.set(place, twins + 1);
    return twins;
  }

  #comment(lines: CommentLines, path: Path, level: CommentLevel): void {
    // What is written out has no comments.
    if (this.#copy !== null) return;
    for (const offset of lines) {
      if (offset < 0) continue;
      const { source } = this.#text;
      const end = source.lineEnd(offset);
      level.add(source.text.slice(offset + 1, end));
      if (this.#alias !== null) continue;
      this.#seen.add(offset);
      this.#addComment(offset, end, source.text.slice(offset + 1, end), path, level);
    }
  }

  #listComment(node: ScalarNode, path: Path, level: CommentLevel, opensList: boolean): void {
    level.add(node.value);
    const start = this.#text.source.text.lastIndexOf('-', node.start);
    this.#addComment(start, node.end, node.value, path, level, opensList);
  }

  #addComment(
    start: number,
    end: number,
    plaintext: string,
    path: Path,
    level: CommentLevel,
    opensList = false,
    inMetadata = false,
  ): void {
    const comments = level.kept();
    const leaf: CommentLeaf = {
      kind: 'comment',
      document: this.#document,
      path,
      plaintext,
      selected: this.#selects(keysOf(path), level.now, true),
      inMetadata,
      ...this.#text.source.position(start),
      get comments() {
        return comments();
      },
    };
    this.#leaves.push(leaf);
    this.#comments.push({ leaf, start, end, opensList });
  }

  /**
   * Comments that go-yaml drops are nobody's, and so are those among the metadata, where somebody may write who opens an encrypted
   * file. They must not stay in the clear where what is around them is encrypted.
   */
  #findDropped(): void {
    const { source, comments, documents } = this.#text;
    if (comments.length === this.#seen.size) return;
    for (const offset of comments) {
      if (this.#seen.has(offset)) continue;
      const inMetadata = this.#metadataRanges.some(({ start, end }) => start <= offset && offset < end);
      const document = documents.findLast(({ start }) => start <= offset) ?? documents[0];
      this.#document = document?.index ?? 0;
      const end = source.lineEnd(offset);
      const text = source.text.slice(offset + 1, end);
      const path = document === undefined || inMetadata ? [] : enclosingPath(document.root, offset);
      const alone = new CommentLevel();
      alone.add(text);
      this.#addComment(offset, end, text, path, alone, false, inMetadata);
    }
  }
}

/** Where a document's metadata stands. */
function metadataRange(source: Source, root: MappingNode, { start, end }: YamlNode): { start: number; end: number } {
  return root.flow ? { start, end } : { start, end: source.nextLine(end) };
}

/** Whether a value gets a token. */
export function isEncrypted({ selected, type, plaintext }: ValueLeaf): boolean {
  return selected && type !== 'null' && plaintext.length > 0;
}

function isListComment(node: YamlNode): node is ScalarNode {
  return node.kind === 'scalar' && listComment.test(node.value);
}
