import { GitSopsError } from '../errors.ts';
import type { Selects, ValueLeaf } from '../tree/leaf.ts';
import { type Envelope, readEnvelope, writeEnvelope } from './binary/envelope.ts';
import type { Format, MetadataTree, Open, Parsed, Seal, View } from './format.ts';
import { encodeText } from './source-text.ts';

/** Any other file, as one value: sops puts its ciphertext under `data` in a JSON object. */
export const binary: Format = {
  name: 'binary',
  parse: (source) => new BinaryFile(source),
};

class BinaryFile implements Parsed {
  readonly format = 'binary';
  readonly source: Uint8Array;
  /** Null for a plaintext file. */
  readonly envelope: Envelope | null;
  readonly metadata: MetadataTree | null;

  constructor(source: Uint8Array) {
    this.source = source;
    this.envelope = readEnvelope(source);
    this.metadata = this.envelope?.metadata ?? null;
  }

  view(selects: Selects): View {
    const content = this.envelope === null ? this.source : this.envelope.data.value;
    const leaf: ValueLeaf = {
      kind: 'value',
      path: ['data'],
      document: 0,
      line: this.envelope?.data.line ?? 1,
      column: this.envelope?.data.column ?? 1,
      comments: [[]],
      selected: selects(['data'], [[]], false),
      type: 'str',
      plaintext: content,
      canonical: content,
    };
    return new BinaryView(this, leaf);
  }
}

class BinaryView implements View {
  readonly leaves: readonly ValueLeaf[];
  readonly layout = [];
  readonly #file: BinaryFile;
  readonly #leaf: ValueLeaf;

  constructor(file: BinaryFile, leaf: ValueLeaf) {
    this.leaves = [leaf];
    this.#file = file;
    this.#leaf = leaf;
  }

  seal({ token, metadata, like }: Seal): Uint8Array {
    const leaf = this.#leaf;
    // sops ignores selectors for binary files; metadata that has one must not make the envelope show its content.
    if (!leaf.selected)
      throw new GitSopsError('invalid-binary', { detail: 'its metadata would leave the data in the clear' });
    const data = leaf.plaintext.length === 0 ? '' : token(leaf);
    const base = like === null || like instanceof BinaryFile ? like : new BinaryFile(like.source);
    return encodeText(writeEnvelope(data, metadata, base?.envelope ?? this.#file.envelope));
  }

  open({ plaintext }: Open): Uint8Array {
    const leaf = this.#leaf;
    if (this.#file.envelope === null) return this.#file.source;
    const empty = leaf.plaintext.length === 0;
    const plain = leaf.selected && !empty ? plaintext(leaf) : { type: 'str', plaintext: leaf.plaintext };
    if (plain === null) return this.#file.source;
    if (plain.type !== 'str')
      throw new GitSopsError('invalid-binary', { detail: `its data is a ${plain.type}, not a text` });
    return typeof plain.plaintext === 'string' ? encodeText(plain.plaintext) : plain.plaintext;
  }
}
