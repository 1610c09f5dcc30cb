/** The tokens of go-yaml's scanner (yamlh.go, `yaml_token_type_t`), whose order decides where a comment belongs. */
export type TokenKind =
  | 'stream-start'
  | 'stream-end'
  | 'document-start'
  | 'document-end'
  | 'block-map'
  | 'block-seq'
  | 'block-end'
  | 'flow-map'
  | 'flow-map-end'
  | 'flow-seq'
  | 'flow-seq-end'
  | 'entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'plain'
  | 'single'
  | 'double'
  | 'block';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  /** Exclusive. Equals `start` for tokens that stand for no characters (`block-map`, the key before a simple key). */
  readonly end: number;
  /** Column of the innermost open block collection when the token was met, -1 outside of all. */
  readonly indent: number;
  readonly inFlow: boolean;
  /** The text that a scalar means. */
  readonly value: string;
  readonly block: BlockScalar | null;
}

/** Where the parts of a literal or folded scalar stand. */
export interface BlockScalar {
  readonly literal: boolean;
  readonly value: string;
  /** Behind `|` or `>` and its indicators. */
  readonly headerEnd: number;
  /** First content line, leading blank lines included. */
  readonly contentStart: number;
  /** Behind the last character of the last content line; `contentStart` when there is none. */
  readonly contentEnd: number;
  /** Column of the content. */
  readonly indent: number;
  /** Where the next token may stand: behind trailing blank lines and the next line's indentation. */
  readonly next: number;
}

/** A group of comment lines as go-yaml's scanner files it (`yaml_comment_t`). */
export interface ScannedComment {
  readonly kind: 'head' | 'line' | 'foot';
  /** The group goes to the first token that starts here or later. */
  readonly tokenMark: number;
  readonly start: number;
  /** 1-based, as go-yaml counts it here; -1 for line comments. */
  readonly column: number;
  readonly end: number;
  /** Where the search for the next token stood when the group was found. */
  readonly scanMark: number;
  /** Offsets of the `#` signs; -1 stands for a blank line between comments. */
  readonly lines: number[];
}
