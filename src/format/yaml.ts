import type { Selects } from '../tree/leaf.ts';
import type { Format, MetadataTree, Parsed, View } from './format.ts';
import { decodeText } from './source-text.ts';
import { readMetadata } from './yaml/metadata-block.ts';
import { type PlainFile, readPlainFile } from './yaml/plain-file.ts';
import { PlainView } from './yaml/plain-view.ts';
import { readText, type YamlText } from './yaml/text.ts';
import { YamlView } from './yaml/view.ts';

/**
 * YAML as go-yaml reads it, because sops does. Encryption changes only the bytes of values, comments and metadata; quotes,
 * blocks, flow collections, anchors, line ends and a byte order mark stay.
 */
export const yaml: Format = {
  name: 'yaml',
  parse(source) {
    return new YamlFile(source, true);
  },
  parseFully(source) {
    return new YamlFile(source, false);
  },
};

class YamlFile implements Parsed {
  readonly format = 'yaml';
  readonly source: Uint8Array;
  readonly metadata: MetadataTree | null;
  readonly #decoded: string;
  readonly #plain: PlainFile | null;
  #parsed: YamlText | null = null;
  #seen: { readonly selects: Selects; readonly view: View } | null = null;

  constructor(source: Uint8Array, mayBePlain: boolean) {
    this.source = source;
    this.#decoded = decodeText(source);
    this.#plain = mayBePlain ? readPlainFile(this.#decoded) : null;
    this.metadata = this.#plain === null ? readMetadata(this.#text) : this.#plain.metadata;
  }

  view(selects: Selects): View {
    if (this.#seen?.selects !== selects) this.#seen = { selects, view: this.#look(selects) };
    return this.#seen.view;
  }

  #look(selects: Selects): View {
    const textOf = (like: Parsed | null) => (like instanceof YamlFile ? like.#text : null);
    const real = () => new YamlView(this.#text, this.#hasMark, selects, textOf);
    if (this.#plain === null) return real();
    const isPlainBase = (like: Parsed) => like instanceof YamlFile && like.#plain?.metadata != null;
    return PlainView.of(this.#plain, selects, { real, isPlainBase }) ?? real();
  }

  get #hasMark(): boolean {
    return this.#decoded.startsWith('\ufeff');
  }

  get #text(): YamlText {
    this.#parsed ??= readText(this.#hasMark ? this.#decoded.slice(1) : this.#decoded);
    return this.#parsed;
  }
}
