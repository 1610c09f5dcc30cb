import type { CryptoBackend } from '../../crypto/backend.ts';
import { GitSopsError } from '../../errors.ts';
import type { Format, Parsed } from '../../format/format.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { type Opened, openFile } from '../open.ts';
import { isConflict, mayBeEncrypted, readContent, type SopsFile } from '../sops-file.ts';
import { unlock } from '../unlock.ts';
import type { SideState } from './change.ts';

/** One of the two contents of a file that are compared, as far as it can be looked at. */
export type Side =
  | { readonly state: 'absent' }
  | { readonly state: 'opened'; readonly file: SopsFile; readonly opened: Opened }
  | { readonly state: 'locked'; readonly file: SopsFile }
  | { readonly state: 'broken'; readonly file: SopsFile | null; readonly why: GitSopsError }
  | { readonly state: 'clear'; readonly parsed: Parsed | null; readonly source: Uint8Array }
  /** `file` where it is an encrypted conflict. */
  | { readonly state: 'unreadable'; readonly source: Uint8Array; readonly why: GitSopsError; readonly file?: SopsFile };

export const absent: Side = { state: 'absent' };

/**
 * Reads a content, and decrypts what verifies. Never throws for what the content is.
 * @param format how to read what has no metadata; by the name where null
 */
export async function readSide(
  path: string,
  source: Uint8Array,
  format: Format | null,
  keyring: Keyring,
  backend: CryptoBackend,
): Promise<Side> {
  if (source.length === 0) return { state: 'clear', parsed: null, source };
  let file: SopsFile | null = null;
  try {
    const content = await readContent(path, source);
    if (content.kind === 'plaintext') {
      const { parsed } = content;
      return { state: 'clear', parsed: format === null ? parsed : format.parse(source), source };
    }
    file = content.file;
    const opened = openFile(file, await unlock(file, keyring), backend);
    // Its text with the markers is no file of the format, and as one single value nobody could compare it.
    if (isConflict(file)) {
      const why = new GitSopsError('conflict-markers', { file: path });
      return { state: 'unreadable', source: opened.bytes, why, file };
    }
    return { state: 'opened', file, opened };
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    const why = error.with({ file: path });
    if (file !== null) return error.code === 'no-identity' ? { state: 'locked', file } : { state: 'broken', file, why };
    if (format !== null && !mayBeEncrypted(source)) return readAs(format, source, why);
    return mayBeEncrypted(source) ? { state: 'broken', file: null, why } : { state: 'unreadable', source, why };
  }
}

/** A file that sops took for binary in spite of its name has a plaintext that need not be what the name says. */
function readAs(format: Format, source: Uint8Array, why: GitSopsError): Side {
  try {
    return { state: 'clear', parsed: format.parse(source), source };
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return { state: 'unreadable', source, why };
  }
}

/** The file with its metadata, where there is one. */
export function sopsFileIn(side: Side): SopsFile | null {
  return 'file' in side ? side.file : null;
}

/** The plaintext as a whole, where there is one. */
export function plainBytes(side: Side): Uint8Array | null {
  if (side.state === 'opened') return side.opened.bytes;
  return side.state === 'clear' || side.state === 'unreadable' ? side.source : null;
}

export function isSops(state: SideState): boolean {
  return state === 'opened' || state === 'locked' || state === 'broken';
}
