import { type AgeFile, AgeFileError, parseAgeFile } from './age/age-file.ts';
import type { AgeMasterKey } from './master-key.ts';

/** Of all stanzas of these wrapped keys. */
export function stanzaTypes(keys: readonly AgeMasterKey[]): ReadonlySet<string> {
  const files = keys.map(({ enc }) => ageFileOf(enc));
  const stanzas = files.flatMap((file) => (file instanceof AgeFileError ? [] : file.stanzas));
  return new Set(stanzas.map(({ args: [type = ''] }) => type));
}

/** What age wrote for a recipient, or why that cannot be read. */
export function ageFileOf(enc: string): AgeFile | AgeFileError {
  try {
    return parseAgeFile(enc);
  } catch (error) {
    if (error instanceof AgeFileError) return error;
    throw error;
  }
}
