import { GitSopsError } from '../../errors.ts';
import { refuseCharacters } from './character.ts';
import { compose } from './composer.ts';
import { type MappingNode, metadataKey, type Pair, type YamlDocument } from './node.ts';
import { scan } from './scanner.ts';
import { Source } from './source.ts';

/** A YAML text as go-yaml understands it. */
export interface YamlText {
  readonly source: Source;
  readonly documents: readonly YamlDocument[];
  /** Offsets of all comments, those that go-yaml drops included. */
  readonly comments: readonly number[];
  /** Whether the first document carries sops metadata. */
  readonly encrypted: boolean;
}

/** @throws GitSopsError for whatever sops refuses */
export function readText(text: string): YamlText {
  const source = new Source(text);
  refuseCharacters(source);
  const scanned = scan(source);
  const documents = compose(source, scanned);
  const [first] = documents;
  if (first === undefined) throw new GitSopsError('empty-file', { line: 1 });
  const encrypted = metadataPair(first) !== null;
  for (const document of documents) refuseOtherSops(source, document, encrypted);
  return { source, documents, comments: scanned.comments, encrypted };
}

/** The `sops` entry of a document. */
export function metadataPair(document: YamlDocument): (Pair & { readonly value: MappingNode }) | null {
  if (document.root.kind !== 'mapping') return null;
  const pair = document.root.pairs.find(({ key }) => key.value === metadataKey);
  return pair?.value.kind === 'mapping' ? (pair as Pair & { value: MappingNode }) : null;
}

/** A `sops` entry that is no metadata would be lost: sops reads it as metadata, or refuses. */
function refuseOtherSops(source: Source, { root }: YamlDocument, encrypted: boolean): void {
  if (root.kind !== 'mapping') return;
  const pair = root.pairs.find(({ key }) => key.value === metadataKey);
  if (pair === undefined) return;
  const { value } = pair;
  if (encrypted && value.kind === 'mapping' && value.pairs.some(({ key }) => key.value === 'mac')) return;
  throw new GitSopsError('sops-key-in-plaintext', source.position(pair.key.start));
}
