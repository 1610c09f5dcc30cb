import { parseAllDocuments } from 'yaml';
import { formatNameOf } from '../../src/format/by-path.ts';

/** What a file says, comments included, without how it is spelled: sops spells plaintext and ciphertext differently. */
export function meaningOf(name: string, content: Uint8Array): unknown {
  const text = Buffer.from(content).toString('latin1');
  switch (formatNameOf(name)) {
    case 'yaml':
      return {
        values: parseAllDocuments(text).map((document) => document.toJS({ mapAsMap: true })),
        comments: text.match(/#.*$/gm) ?? [],
      };
    case 'json':
      return JSON.parse(text);
    case 'ini':
      return text
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/\s*=\s*/, '='));
    default:
      return text;
  }
}
