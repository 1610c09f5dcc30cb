import { isSoundToken } from '../crypto/encrypted-value.ts';
import type { Parsed } from '../format/format.ts';
import { showKeyPath } from '../tree/key-path.ts';
import type { Leaf } from '../tree/leaf.ts';
import { type Selector, sameSelector, selectsOf } from '../tree/selector.ts';
import type { SopsFile } from './sops-file.ts';

/** A value or comment that must be encrypted and is not, or would not be. Never its text. */
export interface Exposed {
  readonly kind: 'value' | 'comment';
  readonly keyPath: string;
  readonly line: number;
  readonly column: number;
}

/** What of an encrypted file stands in the clear although its own selector says that it is encrypted. */
export function exposedByItself(file: SopsFile): Exposed[] {
  return file.view.leaves.filter(inTheClear).map(exposed);
}

/**
 * What of an encrypted file stands in the clear although the rule asks for encryption: the metadata is
 * the file's own word and may protect less than the rule.
 */
export function exposedByRule(file: SopsFile, rule: Selector): Exposed[] {
  if (sameSelector(file.metadata.selector, rule)) return [];
  // Ciphertext hides the comments that such a rule goes by. Only a file that encrypts everything is surely no weaker.
  if (rule.kind === 'encrypted_comment_regex') return everyClearLeaf(file);
  return file.parsed.view(selectsOf(rule)).leaves.filter(inTheClear).map(exposed);
}

/** What of a plaintext file a metadata's selector would leave in the clear although the rule asks for encryption. */
export function exposedBySelector(parsed: Parsed, selector: Selector, rule: Selector): Exposed[] {
  if (sameSelector(selector, rule)) return [];
  const kept = new Set<string>();
  for (const leaf of parsed.view(selectsOf(selector)).leaves) if (leaf.selected) kept.add(placeOf(leaf));
  return parsed
    .view(selectsOf(rule))
    .leaves.filter((leaf) => leaf.selected && holdsText(leaf) && !kept.has(placeOf(leaf)))
    .map(exposed);
}

function everyClearLeaf(file: SopsFile): Exposed[] {
  return file.view.leaves.filter((leaf) => leaf.kind === 'value' && holdsText(leaf) && !holdsToken(leaf)).map(exposed);
}

function inTheClear(leaf: Leaf): boolean {
  return leaf.selected && holdsText(leaf) && !holdsToken(leaf);
}

function holdsText(leaf: Leaf): boolean {
  return leaf.plaintext.length > 0 && (leaf.kind === 'comment' || leaf.type !== 'null');
}

function holdsToken({ plaintext }: Leaf): boolean {
  return typeof plaintext === 'string' && isSoundToken(plaintext);
}

/** Two views of one source may expand aliases differently, but a leaf that both have stands at one place. */
function placeOf(leaf: Leaf): string {
  return `${leaf.kind} ${leaf.document} ${leaf.line}:${leaf.column} ${JSON.stringify(leaf.path)}`;
}

function exposed(leaf: Leaf): Exposed {
  return { kind: leaf.kind, keyPath: showKeyPath(leaf.path), line: leaf.line, column: leaf.column };
}
