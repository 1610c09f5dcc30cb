import type { CryptoBackend } from '../crypto/backend.ts';
import { GitSopsError } from '../errors.ts';
import type { Opener } from './ask-once.ts';
import { openFile } from './open.ts';
import { openPlainly, readPlainly } from './plainly-opened.ts';
import { mayBeEncrypted, readSopsFile } from './sops-file.ts';
import { unlock } from './unlock.ts';

/** What a smudge gives the working tree. Never an error: a checkout that stops half-way helps nobody. */
export type Smudged =
  | { readonly state: 'plaintext'; readonly bytes: Uint8Array }
  /** The blob as it is: it was never encrypted, no identity opens it, or it was tampered with. */
  | {
      readonly state: 'not-encrypted' | 'locked' | 'broken';
      readonly bytes: Uint8Array;
      readonly why: GitSopsError | null;
    };

/** Blob → working file. Whatever does not verify stays ciphertext. */
export async function smudgeFile(
  path: string,
  blob: Uint8Array,
  keyring: Opener,
  backend: CryptoBackend,
): Promise<Smudged> {
  if (!mayBeEncrypted(blob)) return { state: 'not-encrypted', bytes: blob, why: null };
  try {
    const plain = await readPlainly(path, blob);
    const bytes = plain === null ? null : openPlainly(plain, await unlock(plain, keyring), backend);
    if (bytes !== null) return { state: 'plaintext', bytes };
    const file = await readSopsFile(path, blob);
    if (file === null) return { state: 'not-encrypted', bytes: blob, why: null };
    return { state: 'plaintext', bytes: openFile(file, await unlock(file, keyring), backend).bytes };
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return { state: error.code === 'no-identity' ? 'locked' : 'broken', bytes: blob, why: error.with({ file: path }) };
  }
}
