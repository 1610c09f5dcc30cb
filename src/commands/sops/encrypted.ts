import { nodeBackend } from '../../crypto/node-backend.ts';
import { withPlaceholderMac } from '../../document/absent-mac.ts';
import { type Opened, openFile } from '../../document/open.ts';
import { readContent, type SopsFile } from '../../document/sops-file.ts';
import { unlock } from '../../document/unlock.ts';
import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import type { Session } from './session.ts';

/**
 * A file that must be encrypted. What sops tells apart by exit codes is told apart here; all else that makes a file unreadable
 * is a general failure to sops, where an encrypted one is expected.
 * @param ignoreMac for who asks for it by name: a file without a MAC is read as one whose MAC is wrong
 * @throws GitSopsError `no-sops-metadata`, `missing-mac`, or what is wrong with the file, with exit code 1
 */
export async function readEncrypted(
  name: string,
  bytes: Uint8Array,
  format: FormatName,
  ignoreMac = false,
): Promise<SopsFile> {
  let wrong: GitSopsError;
  try {
    const content = await readContent(name, bytes, format);
    if (content.kind === 'encrypted') return content.file;
    wrong = new GitSopsError('no-sops-metadata');
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    wrong = error.code === 'empty-file' ? new GitSopsError('no-sops-metadata') : error.with({ exit: 1 });
  }
  const placed = await withPlaceholderMac(bytes, format).catch(() => null);
  if (placed !== null && ignoreMac) return readEncrypted(name, placed, format);
  if (wrong.code === 'missing-mac' || placed !== null) wrong = new GitSopsError('missing-mac');
  throw wrong.with({ file: name });
}

/** @throws GitSopsError `no-identity`, `broken-mac` and its kin, with the file's name */
export async function openEncrypted(
  name: string,
  file: SopsFile,
  { keyring }: Pick<Session, 'keyring'>,
  ignoreMac = false,
): Promise<Opened> {
  try {
    return openFile(file, await unlock(file, keyring), nodeBackend, { ignoreMac });
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file: name }) : error;
  }
}
