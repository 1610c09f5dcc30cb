import type { CryptoBackend } from '../crypto/backend.ts';
import { decryptValue, encryptValue } from '../crypto/value-cipher.ts';
import type { LayoutEntry } from '../format/format.ts';

/**
 * The layout record: one optional metadata entry, `git_sops_layout`, that keeps spellings which a value does not
 * determine. Real sops ignores it, and drops it when it rewrites the file; nothing but spelling is lost then.
 */
export interface LayoutRecord {
  readonly token: string;
  readonly text: string;
  readonly entries: readonly LayoutEntry[];
}

/** No path of a value gives this: paths end in a colon. So a value's token cannot pose as a layout record, nor the reverse. */
const AAD = 'git_sops_layout';

/** Null for a record that does not decrypt or is not one of ours: the file then opens in canonical spelling. */
export function openLayout(backend: CryptoBackend, dataKey: Uint8Array, token: string): LayoutRecord | null {
  try {
    const value = decryptValue(backend, dataKey, AAD, token);
    if (typeof value?.plaintext !== 'string') return null;
    const list: unknown = JSON.parse(value.plaintext);
    if (!Array.isArray(list)) return null;
    const entries: LayoutEntry[] = [];
    for (const item of list) {
      if (!Array.isArray(item) || typeof item[0] !== 'string' || typeof item[1] !== 'string') return null;
      entries.push({ place: item[0], source: item[1] });
    }
    return { token, text: value.plaintext, entries };
  } catch {
    return null;
  }
}

/** The token for these entries, or null for none. The base's token stays where its text is the same. */
export function sealLayout(
  backend: CryptoBackend,
  dataKey: Uint8Array,
  entries: readonly LayoutEntry[],
  base: LayoutRecord | null,
): string | null {
  if (entries.length === 0) return null;
  const text = JSON.stringify(entries.map(({ place, source }) => [place, source]));
  if (base !== null && base.text === text) return base.token;
  return encryptValue(backend, dataKey, AAD, { type: 'str', plaintext: text });
}
