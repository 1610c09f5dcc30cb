import { isSoundToken } from '../crypto/encrypted-value.ts';
import type { MetadataTree, Parsed } from '../format/format.ts';
import { showKeyPath } from '../tree/key-path.ts';
import { isInMetadata, type Leaf } from '../tree/leaf.ts';
import { type Selector, sameSelector, selectsOf } from '../tree/selector.ts';
import { layoutEntry } from './metadata.ts';
import { SOPS_VERSION } from './new-file.ts';
import { conflictEntry, type SopsFile } from './sops-file.ts';

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

/** The same, without comments among the metadata: the file that this one follows may have had them. */
export function exposedInContent(file: SopsFile): Exposed[] {
  return file.view.leaves.filter((leaf) => inTheClear(leaf) && !isInMetadata(leaf)).map(exposed);
}

/** An entry of the metadata that should not be there. */
export interface StrangeEntry {
  readonly keyPath: string;
  /** Whether the file says that it is of a later sops, which may have such an entry. */
  readonly later: boolean;
}

/**
 * Metadata entries that sops does not have. A line at the end of a locked INI file is one: its last section is `[sops]`. Nobody reads,
 * encrypts or authenticates them. And those that must be a ciphertext, or a version, and hold something else.
 */
export function strangeEntries({
  metadata,
  parsed,
}: Pick<SopsFile, 'metadata'> & { parsed: Pick<Parsed, 'metadata'> }): StrangeEntry[] {
  const { mac, layout, version } = metadata;
  const unsound = [
    ...(isSoundToken(mac) ? [] : ['mac']),
    ...(layout === null || isSoundToken(layout) ? [] : [layoutEntry]),
    ...(isVersion(version) ? [] : ['version']),
  ];
  const paths = strangePaths(parsed.metadata ?? {}, metadata.other, version);
  const later = isLater(version);
  return [
    ...unsound.map((name) => ({ keyPath: showKeyPath(['sops', name]), later: false })),
    ...paths.map((path) => ({ keyPath: showKeyPath(['sops', ...path]), later })),
  ];
}

/** As sops and its packagers number it. */
function isVersion(text: string): boolean {
  return /^v?\d+(?:\.\d+){1,2}(?:[-+~][\w.+~-]{1,24})?$/.test(text);
}

function isLater(version: string): boolean {
  const [major, minor] = numbersOf(version);
  const [ourMajor, ourMinor] = numbersOf(SOPS_VERSION);
  return major > ourMajor || (major === ourMajor && minor > ourMinor);
}

function strangePaths(tree: MetadataTree, other: MetadataTree, version: string): (string | number)[][] {
  const [major] = numbersOf(version);
  // The second is a sentence that sops wrote when it was in Python.
  const isKnown = (name: string) => name === conflictEntry || (name === 'attention' && major < 3);
  const paths: (string | number)[][] = Object.keys(other).flatMap((name) => (isKnown(name) ? [] : [[name]]));
  paths.push(...strangeInAge(tree['age'], ['age']));
  for (const [i, group] of listOf(tree['key_groups']).entries()) {
    paths.push(...strangeInAge(group['age'], ['key_groups', i, 'age']));
  }
  return paths;
}

/** Entries of age keys beside the two that one has, and a wrapped key that is none. */
function strangeInAge(age: unknown, path: (string | number)[]): (string | number)[][] {
  return listOf(age).flatMap((record, i) =>
    Object.entries(record).flatMap(([name, value]) =>
      name === 'recipient' || (name === 'enc' && isArmor(value)) ? [] : [[...path, i, name]],
    ),
  );
}

/** Whether it has an armored age file's lines, and no others. */
function isArmor(value: unknown): boolean {
  return typeof value === 'string' && armor.test(value.trim());
}

/** All lines but the last have 64 characters. */
const armor =
  /^-----BEGIN AGE ENCRYPTED FILE-----(?:\s+[A-Za-z0-9+/]{64})*\s+[A-Za-z0-9+/]{1,64}={0,2}\s+-----END AGE ENCRYPTED FILE-----$/;

function listOf(value: unknown): { readonly [name: string]: unknown }[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

/**
 * What of an encrypted file stands in the clear although the rule asks for encryption: the metadata is
 * the file's own word and may protect less than the rule.
 */
export function exposedByRule(file: SopsFile, rule: Selector): Exposed[] {
  if (sameSelector(file.metadata.selector, rule)) return [];
  // Ciphertext hides the comments that such a rule goes by. Only a file that encrypts everything is surely no weaker.
  if (rule.kind === 'encrypted_comment_regex') return everyClearLeaf(file);
  return clearUnder(file.parsed, rule);
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

/** The values and comments of a plaintext file that a rule wants encrypted; empty ones hold nothing. */
export function plaintextUnder(parsed: Parsed, rule: Selector): Exposed[] {
  return parsed
    .view(selectsOf(rule))
    .leaves.filter((leaf) => leaf.selected && holdsText(leaf))
    .map(exposed);
}

/** The same, of a file that holds ciphertexts as well. */
export function clearUnder(parsed: Parsed, rule: Selector): Exposed[] {
  return parsed.view(selectsOf(rule)).leaves.filter(inTheClear).map(exposed);
}

/** Whether a plaintext file has values and a rule wants none of them encrypted, not even an empty one that may be filled later. */
export function selectsNothing(parsed: Parsed, rule: Selector): boolean {
  const { leaves } = parsed.view(selectsOf(rule));
  return leaves.some(({ kind }) => kind === 'value') && leaves.every(({ selected }) => !selected);
}

/** Ciphertexts, whatever a selector says of their places. */
export function tokensOf(parsed: Parsed): Exposed[] {
  return parsed
    .view(() => true)
    .leaves.filter((leaf) => leaf.kind === 'value' && holdsToken(leaf))
    .map(exposed);
}

/** Ciphertexts at places that the file's own selector leaves alone: nobody decrypts them. */
export function strayTokens(file: SopsFile): Exposed[] {
  return file.view.leaves.filter((leaf) => leaf.kind === 'value' && !leaf.selected && holdsToken(leaf)).map(exposed);
}

function numbersOf(version: string): [major: number, minor: number] {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split(/[^\d]/).map(Number);
  return [major, minor];
}

function everyClearLeaf(file: SopsFile): Exposed[] {
  return file.view.leaves.filter((leaf) => leaf.kind === 'value' && holdsText(leaf) && !holdsToken(leaf)).map(exposed);
}

function inTheClear(leaf: Leaf): boolean {
  return leaf.selected && holdsText(leaf) && !holdsToken(leaf);
}

function holdsText(leaf: Leaf): boolean {
  if (leaf.kind === 'value' && leaf.disguised) return true;
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
