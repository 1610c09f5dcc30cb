import { basename } from 'node:path/posix';
import { isRequestPath, type JoinRequest, readRequest } from '../../document/join-request.ts';
import { GitSopsError } from '../../errors.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';
import { readWorkFile } from '../../git/work-file.ts';
import { escapeText } from '../../quote.ts';
import { shortRecipient } from './people.ts';

/** A colleague-to-be's request, and who put it here. */
export interface PendingRequest extends JoinRequest {
  readonly path: GitPath;
  /** The file's name, without its ending. */
  readonly id: string;
  /** The commit that brought it; null while it is not committed. */
  readonly commit: RequestCommit | null;
}

interface RequestCommit {
  readonly oid: string;
  readonly author: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
  /** In words, what Git says of its signature. */
  readonly signature: string;
}

/** The requests of the working tree. A file that is none is left out; clean, hook and check refuse it. */
export async function pendingRequests(top: string): Promise<PendingRequest[]> {
  const paths = (await listPaths({ untracked: true })).filter(isRequestPath);
  const found: PendingRequest[] = [];
  for (const path of paths) {
    const request = content(top, path);
    if (request === null) continue;
    found.push({ ...request, path, id: basename(path, '.pub'), commit: await commitOf(path) });
  }
  return found;
}

/**
 * The request that is meant by its file, the file's name or the recipient, else by the name that its asker chose: anybody can
 * choose any, so that says who is meant only where nobody else goes by it. What is written as a recipient is one, and no file's name.
 * @throws GitSopsError `ambiguous-person`
 */
export function findRequest(requests: readonly PendingRequest[], given: string): PendingRequest | null {
  const exact = requests.find(({ recipient, path }) => recipient === given || path === given);
  if (exact !== undefined || isWrittenAsRecipient(given)) return exact ?? null;
  const byFile = requests.find(({ id }) => id === given);
  if (byFile !== undefined) return byFile;
  const wanted = given.toLowerCase();
  const named = requests.filter(({ id, name }) => id.toLowerCase() === wanted || name.toLowerCase() === wanted);
  if (named.length <= 1) return named[0] ?? null;
  const other = named.map(({ path, recipient }) => `${escapeText(path)} (${shortRecipient(recipient)})`).join(', ');
  throw new GitSopsError('ambiguous-person', { detail: escapeText(given), other });
}

/** Of age, of SSH, or with its kind in front. */
function isWrittenAsRecipient(given: string): boolean {
  return /^(?:age1|ssh-|(?:pgp|kms|gcp_kms|azure_kv|hc_vault|hckms):)/i.test(given.trim());
}

function content(top: string, path: GitPath): JoinRequest | null {
  try {
    const file = readWorkFile(top, path);
    return file === null ? null : readRequest(file.content);
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

const signatures: Readonly<Record<string, string>> = {
  G: 'with a good signature',
  U: 'with a good signature of unknown validity',
  X: 'with a good signature that has expired',
  Y: 'with a signature whose key has expired',
  R: 'with a signature whose key was revoked',
  B: 'WITH A BAD SIGNATURE',
  E: 'with a signature that cannot be checked here',
  N: 'not signed',
};

async function commitOf(path: GitPath): Promise<RequestCommit | null> {
  const format = '--format=%H%x00%an%x00%ae%x00%aI%x00%G?';
  const { stdout, code } = await runGit(['log', '-1', format, '--', path], { okCodes: [0, 128] });
  if (code !== 0 || stdout.length === 0) return null;
  const [oid = '', author = '', email = '', date = '', letter = ''] = stdout.toString().trimEnd().split('\0');
  return { oid, author, email, date, signature: signatures[letter] ?? 'with a signature that cannot be checked here' };
}
