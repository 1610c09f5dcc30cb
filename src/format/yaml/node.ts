import type { BlockScalar, Token } from './token.ts';

/** Offsets of `#` signs; -1 stands for a blank line between two comments. */
export type CommentLines = readonly number[];

interface Commented {
  head: CommentLines;
  line: CommentLines;
  foot: CommentLines;
}

interface NodeBase extends Commented {
  /** Where the node begins, behind its anchor and tag. */
  readonly start: number;
  /** Exclusive; trailing blank lines and comments do not count. */
  end: number;
  readonly anchor: Token | null;
  readonly tag: Token | null;
  /** Whether an alias names it. */
  aliased?: true;
}

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded' | 'empty';

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly style: ScalarStyle;
  readonly value: string;
  /** Column of the block collection around it, -1 outside of all. */
  readonly indent: number;
  readonly inFlow: boolean;
  readonly block: BlockScalar | null;
}

export interface AliasNode extends NodeBase {
  readonly kind: 'alias';
  readonly name: string;
  readonly inFlow: boolean;
  readonly target: ScalarNode | MappingNode | SequenceNode;
}

export interface Pair {
  readonly key: ScalarNode;
  readonly value: YamlNode;
  /** A `<<` that go-yaml merges. */
  readonly merges: boolean;
  /** Whether the key is written with a `?`. */
  readonly explicit: boolean;
}

export interface MappingNode extends NodeBase {
  readonly kind: 'mapping';
  readonly flow: boolean;
  readonly pairs: Pair[];
  /** Column of a block mapping's keys. */
  readonly column: number;
}

export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence';
  readonly flow: boolean;
  readonly items: YamlNode[];
  readonly column: number;
}

export type YamlNode = ScalarNode | AliasNode | MappingNode | SequenceNode;

export interface YamlDocument extends Commented {
  /** From 0. */
  readonly index: number;
  readonly root: MappingNode | ScalarNode;
  /** Behind the document's `---`, or where the text begins. */
  readonly start: number;
  /** Where its `...`, the next document's `---`, or the end of the text stands. */
  readonly end: number;
  /** Whether a mapping in it has a key twice. */
  readonly hasTwins: boolean;
}

/** The top-level entry that holds sops's metadata. */
export const metadataKey = 'sops';

export const noComments: CommentLines = [];
