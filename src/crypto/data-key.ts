import type { CryptoBackend } from './backend.ts';

/** Of a data key, in bytes. */
export const DATA_KEY_LENGTH = 32;

/** A fresh data key from the CSPRNG. */
export function newDataKey(backend: CryptoBackend): Uint8Array {
  return backend.randomBytes(DATA_KEY_LENGTH);
}
