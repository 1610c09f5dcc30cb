import type { Selects } from '../tree/leaf.ts';
import type { Format, MetadataTree, Parsed, View } from './format.ts';
import { decodeText } from './source-text.ts';
import { type BlockPattern, readMetadata, readPattern } from './yaml/metadata-block.ts';
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

  constructor(source: Uint8Array) {
    this.source = source;
    const text = decodeText(source);
    this.#hasMark = text.startsWith('\ufeff');
    this.#text = readText(this.#hasMark ? text.slice(1) : text);
    this.metadata = readMetadata(this.#text);
  }

  view(selects: Selects): View {
    return new YamlView(this.#text, this.#hasMark, selects, (like) =>
      like instanceof YamlFile ? YamlFile.#pattern(like) : null,
    );
  }

  static #pattern(file: YamlFile): BlockPattern | null {
    return readPattern(file.#text);
  }
}
