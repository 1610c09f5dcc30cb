import type { CryptoBackend } from '../../crypto/backend.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf, standInNames } from '../../format/by-path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { type Opened, openFile } from '../open.ts';
import { sameBytes } from '../same-bytes.ts';
import { mayBeEncrypted, readSopsFile, type SopsFile } from '../sops-file.ts';
import { unlock } from '../unlock.ts';
import { VerifiedTokens } from '../verified-tokens.ts';

/** One input of a merge: a verified sops file, or a plaintext one from before the path was encrypted. */
export interface MergeVersion {
  readonly bytes: Uint8Array;
  readonly opened: Opened | null;
}

interface OtherVersions {
  /** What these have verified is not verified again. */
  readonly opened?: readonly Opened[];
  /** Data keys that are tried where no identity opens it: a file from before one was a recipient. */
  readonly keys?: readonly Uint8Array[];
}

/**
 * Opens and verifies one input.
 * @throws GitSopsError `no-identity`, `broken-mac` … Nothing of the file is released then.
 */
export async function openVersion(
  path: string,
  blob: Uint8Array,
  keyring: Keyring,
  backend: CryptoBackend,
  { opened: others = [], keys = [] }: OtherVersions = {},
): Promise<MergeVersion> {
  const file = await readAny(path, blob);
  if (file === null) return { bytes: blob, opened: null };
  let dataKey: Uint8Array;
  try {
    dataKey = await unlock(file, keyring);
  } catch (error) {
    for (const key of keys) {
      const opened = tryKey(file, key, backend);
      if (opened !== null) return { bytes: opened.bytes, opened };
    }
    throw error;
  }
  const same = others.filter((other) => sameBytes(other.dataKey, dataKey));
  const verified = new VerifiedTokens(same.flatMap(({ tokens }) => tokens));
  const opened = openFile(file, dataKey, backend, { verified });
  return { bytes: opened.bytes, opened };
}

function tryKey(file: SopsFile, key: Uint8Array, backend: CryptoBackend): Opened | null {
  try {
    return openFile(file, key, backend);
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** In the format of its path, or of the name that it had before a rename. */
async function readAny(path: string, blob: Uint8Array): Promise<SopsFile | null> {
  let why: unknown = null;
  try {
    const file = await readSopsFile(path, blob);
    if (file !== null || !mayBeEncrypted(blob)) return file;
  } catch (error) {
    why = error;
  }
  for (const [format, name] of Object.entries(standInNames)) {
    if (format === formatNameOf(path)) continue;
    const file = await readSopsFile(name, blob).catch(() => null);
    if (file !== null) return file;
  }
  if (why !== null) throw why;
  return null;
}
