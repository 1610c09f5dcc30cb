import type { KeyPath } from '../../tree/key-path.ts';
import type { AliasNode, CommentLines, MappingNode, Pair, ScalarNode, YamlDocument, YamlNode } from './node.ts';

/** sops's comment stack: for each level from the root down, the comments since its last value. */
export type CommentStack = readonly (readonly string[])[];

export interface Visitor {
  scalar(node: ScalarNode, path: KeyPath, comments: CommentStack): void;
  /** @param offset of the `#` */
  comment(offset: number, path: KeyPath, comments: CommentStack): void;
  /** @returns whether the alias is done with; otherwise its target is walked at its place, as sops does. */
  alias?(node: AliasNode, path: KeyPath, comments: CommentStack): boolean;
  /** The same for a `<<` of a mapping. @param path of the mapping */
  merge?(pair: Pair, mapping: MappingNode, path: KeyPath, comments: CommentStack): boolean;
}

const none: readonly string[] = [];

/**
 * Visits a document in the order of sops's tree: its YAML store (stores/yaml/store.go) files the comments of a node before
 * and behind it, and its walk (sops.go, `walkBranch`, `walkSlice`) counts them up to the next value.
 * @param commentText the text behind a `#`; null for a comment that is not the file's own (in the metadata)
 * @param skip a top-level key that is not walked, its own comments are
 */
export function walkDocument(
  document: YamlDocument,
  visitor: Visitor,
  commentText: (offset: number) => string | null,
  skip: string | null,
): void {
  const walk = new Walk(visitor, commentText);
  const level = new Level([], []);
  walk.comments(document.head, level);
  const { root } = document;
  if (root.kind === 'mapping') walk.mapping(root, level, false, skip);
  walk.comments(document.foot, level);
}

/** Visits a node at another place than its own: the target of an alias. */
export function walkNode(
  node: YamlNode,
  path: KeyPath,
  outer: CommentStack,
  visitor: Visitor,
  commentText: (offset: number) => string | null,
): void {
  new Walk(visitor, commentText).value(node, path, outer, false);
}

/** One mapping or sequence that is being walked. */
class Level {
  readonly path: KeyPath;
  readonly #outer: CommentStack;
  #own: readonly string[] = none;
  stack: CommentStack;

  constructor(path: KeyPath, outer: CommentStack) {
    this.path = path;
    this.#outer = outer;
    this.stack = [...outer, none];
  }

  add(comment: string): void {
    this.#own = [...this.#own, comment];
    this.stack = [...this.#outer, this.#own];
  }

  endValue(): void {
    if (this.#own.length === 0) return;
    this.#own = none;
    this.stack = [...this.#outer, none];
  }
}

class Walk {
  readonly #visitor: Visitor;
  readonly #commentText: (offset: number) => string | null;

  constructor(visitor: Visitor, commentText: (offset: number) => string | null) {
    this.#visitor = visitor;
    this.#commentText = commentText;
  }

  comments(lines: CommentLines, level: Level): void {
    for (const offset of lines) {
      if (offset < 0) continue;
      const text = this.#commentText(offset);
      if (text === null) continue;
      level.add(text);
      this.#visitor.comment(offset, level.path, level.stack);
    }
  }

  mapping(node: MappingNode, level: Level, commentsDone: boolean, skip: string | null = null): void {
    if (!commentsDone) {
      this.comments(node.head, level);
      this.comments(node.line, level);
    }
    for (const pair of node.pairs) {
      const { key, value } = pair;
      const inline = value.kind === 'scalar' || value.kind === 'alias';
      this.comments(key.head, level);
      this.comments(key.line, level);
      if (inline) {
        this.comments(value.head, level);
        this.comments(value.line, level);
      }
      if (key.value !== skip) {
        const merged = pair.merges && this.#visitor.merge?.(pair, node, level.path, level.stack);
        if (!merged) this.value(value, [...level.path, key.value], level.stack, inline);
        level.endValue();
      }
      if (inline) this.comments(value.foot, level);
      this.comments(key.foot, level);
    }
    if (!commentsDone) this.comments(node.foot, level);
  }

  value(node: YamlNode, path: KeyPath, outer: CommentStack, commentsDone: boolean): void {
    switch (node.kind) {
      case 'scalar':
        this.#visitor.scalar(node, path, outer);
        return;
      case 'alias':
        if (!this.#visitor.alias?.(node, path, outer)) this.value(node.target, path, outer, false);
        return;
      case 'mapping':
        this.mapping(node, new Level(path, outer), commentsDone);
        return;
      case 'sequence': {
        const level = new Level(path, outer);
        if (!commentsDone) {
          this.comments(node.head, level);
          this.comments(node.line, level);
        }
        node.items.forEach((item, index) => {
          this.comments(item.head, level);
          this.comments(item.line, level);
          this.value(item, [...path, index], level.stack, true);
          level.endValue();
          this.comments(item.foot, level);
        });
        if (!commentsDone) this.comments(node.foot, level);
      }
    }
  }
}
