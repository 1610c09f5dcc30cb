import type { Selects } from '../tree/leaf.ts';
import type { Format, MetadataTree, Parsed, View } from './format.ts';
import { decodeText } from './source-text.ts';
import { readMetadata } from './yaml/metadata-block.ts';
import { readText, type YamlText } from './yaml/text.ts';
import { YamlView } from './yaml/view.ts';

/**
 * YAML as go-yaml reads it, because sops does. Encryption changes only the bytes of values, comments and metadata; quotes,
 * blocks, flow collections, anchors, line ends and a byte order mark stay.
 */
export const yaml: Format = {
  name: 'yaml',
  parse(source) {
    return new YamlFile(source);
  },
};

class YamlFile implements Parsed {
  readonly format = 'yaml';
  readonly source: Uint8Array;
  readonly metadata: MetadataTree | null;
  readonly #text: YamlText;
  readonly #hasMark: boolean;
  #seen: { readonly selects: Selects; readonly view: View } | null = null;

  constructor(source: Uint8Array) {
    this.source = source;
    const text = decodeText(source);
    this.#hasMark = text.startsWith('\ufeff');
    this.#text = readText(this.#hasMark ? text.slice(1) : text);
    this.metadata = readMetadata(this.#text);
  }

  view(selects: Selects): View {
    if (this.#seen?.selects !== selects) {
      const textOf = (like: Parsed | null) => (like instanceof YamlFile ? YamlFile.#textOf(like) : null);
      this.#seen = { selects, view: new YamlView(this.#text, this.#hasMark, selects, textOf) };
    }
    return this.#seen.view;
  }

  static #textOf(file: YamlFile): YamlText {
    return file.#text;
  }
}
