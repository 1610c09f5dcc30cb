import type { KeyContext } from './key-context.ts';
import { parseIdentities } from './parse-identities.ts';
import type { LoadedKeys } from './sources/identity-source.ts';

const armorLine = '-----BEGIN AGE ENCRYPTED FILE-----';
const binaryLine = 'age-encryption.org/';

/** What a key source of age's holds: lines with identities, or an age file that has such lines, behind a passphrase. */
export async function parseKeys(
  content: Buffer,
  source: string,
  context: KeyContext,
  severalPerLine = false,
): Promise<LoadedKeys> {
  const start = content.toString('latin1', 0, armorLine.length + 1).trimStart();
  if (start.startsWith(armorLine) || start.startsWith(binaryLine)) {
    const { EncryptedKeyFile } = await import('./sources/encrypted-key-file.ts');
    return { identities: [new EncryptedKeyFile(content, source, context)], problems: [], warnings: [] };
  }
  return parseIdentities(content.toString('utf8'), source, context, severalPerLine);
}
