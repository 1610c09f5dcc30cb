import type { FormatName } from '../format/format.ts';
import { decodeText, encodeText } from '../format/source-text.ts';
import { applySplices, type Splice } from '../format/splice.ts';

/** Opens under no key, so that nothing takes it for a MAC that holds. */
const placeholder = 'ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]';

/**
 * A file whose metadata has all but a MAC, with one that cannot hold: the formats know metadata by its MAC, and take such metadata for a
 * value of that name. For who asks to see the file all the same. Null where something else is wrong with it.
 */
export async function withPlaceholderMac(source: Uint8Array, format: FormatName): Promise<Uint8Array | null> {
  const text = decodeText(source);
  const mark = format === 'yaml' && text.startsWith('\ufeff') ? 1 : 0;
  const blocks = await blocksOf(text.slice(mark), format);
  const splices = blocks.flatMap(({ entries, insertion }): Splice[] => {
    const at = entries.find(({ name }) => name === 'lastmodified')?.start;
    if (at === undefined || entries.some(({ name }) => name === 'mac')) return [];
    return [{ start: mark + at, end: mark + at, text: insertion(at) }];
  });
  return splices.length === 0 ? null : encodeText(applySplices(text, splices));
}

/** One metadata block: where its entries begin, and what puts a MAC in front of one. */
interface Block {
  readonly entries: readonly { readonly name: string; readonly start: number }[];
  insertion(at: number): string;
}

async function blocksOf(text: string, format: FormatName): Promise<Block[]> {
  switch (format) {
    case 'yaml':
      return yamlBlocks(text);
    case 'json':
    case 'binary':
      return jsonBlocks(text);
    case 'dotenv':
      return dotenvBlocks(text);
    case 'ini':
      return iniBlocks(text);
  }
}

/** One in each document. */
async function yamlBlocks(text: string): Promise<Block[]> {
  const [{ compose }, { scan }, { Source }, { metadataPair }] = await Promise.all([
    import('../format/yaml/composer.ts'),
    import('../format/yaml/scanner.ts'),
    import('../format/yaml/source.ts'),
    import('../format/yaml/text.ts'),
  ]);
  const source = new Source(text);
  return compose(source, scan(source)).flatMap((document): Block[] => {
    const metadata = metadataPair(document)?.value;
    if (metadata === undefined) return [];
    const entries = metadata.pairs.map(({ key }) => ({ name: key.value, start: key.start }));
    if (metadata.flow) return [{ entries, insertion: () => `"mac": "${placeholder}", ` }];
    return [{ entries, insertion: (at) => `mac: ${placeholder}\n${' '.repeat(source.columnOf(at))}` }];
  });
}

async function jsonBlocks(text: string): Promise<Block[]> {
  const { scanJson } = await import('../format/json/scan.ts');
  const { metadataMember } = await import('../format/json/metadata-block.ts');
  const metadata = metadataMember(scanJson(text))?.value;
  if (metadata?.kind !== 'object') return [];
  const entries = metadata.members.map(({ key, keyStart }) => ({ name: key, start: keyStart }));
  return [{ entries, insertion: () => `"mac": "${placeholder}", ` }];
}

async function dotenvBlocks(text: string): Promise<Block[]> {
  const { readLines } = await import('../format/dotenv/lines.ts');
  const entries = readLines(text).flatMap((line) =>
    line.kind === 'entry' && line.key.startsWith('sops_')
      ? [{ name: line.key.slice('sops_'.length), start: line.start }]
      : [],
  );
  return [{ entries, insertion: () => `sops_mac=${placeholder}\n` }];
}

async function iniBlocks(text: string): Promise<Block[]> {
  const { scanIni } = await import('../format/ini/scan.ts');
  const section = scanIni(text).sections.find(({ name }) => name === 'sops');
  return [{ entries: section?.keys ?? [], insertion: () => `mac = ${placeholder}\n` }];
}
