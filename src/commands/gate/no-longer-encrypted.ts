import { fileMends, leftClauses } from '../../clauses.ts';
import { silently } from '../../document/ask-once.ts';
import type { Finding } from '../../document/finding.ts';
import { foreignTool } from '../../document/foreign-ciphertext.ts';
import { isLinkTarget } from '../../document/link-target.ts';
import { plaintextUnder } from '../../document/protection.ts';
import { readContent, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { Change, ChangeSide } from '../../git/changes.ts';
import { isBlob } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { copiesOf } from './copies.ts';
import { movedOut } from './moved-out.ts';
import { type Blobs, hadFile, type LeavingOptions, mayHaveLeft, type Replaced } from './replaced.ts';
import { sopsFileAt } from './sops-file-at.ts';

/**
 * Files that a change takes out of encryption, to a place where no rule sees them: a path that was ciphertext and is plaintext, and what
 * an encrypted file holds, or held before it went, under another name. By itself neither side of such a change is wrong.
 * @param changes of one commit; of a merge against each parent
 */
export async function noLongerEncrypted(
  changes: readonly Change[],
  blobs: Blobs,
  options: LeavingOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const changed = changes.filter(isFileAgain);
  for (const { path, before, after } of await mayHaveLeft(changed, blobs, options)) {
    if (findings.some((told) => told.path === path)) continue;
    const had = await sopsFileAt(path, before.oid, blobs);
    if (had === null || !(await isClear(path, after, had, blobs))) continue;
    const detail = leftClauses.before(before.oid);
    findings.push({ kind: 'no-longer-encrypted', path, oid: after.oid, detail, mend: fileMends.coverAgain(path) });
  }
  if (options.keyring === null) return findings;
  const opener = silently(options.keyring);
  for (const search of [movedOut, copiesOf]) {
    const told = new Set(findings.map(({ path }) => path));
    const others = changes.filter(({ path, after }) => after === null || !told.has(path));
    findings.push(...(await search(others, opener, blobs, options)));
  }
  return findings;
}

type FileAgain = Replaced & { readonly after: ChangeSide };

function isFileAgain(change: Change): change is FileAgain {
  const { before, after } = change;
  return hadFile(change) && after !== null && isBlob(after.kind) && before?.oid !== after.oid;
}

/** Whether something stands there in the clear that the earlier version, by its own selector, had encrypted. */
async function isClear(path: GitPath, { oid, kind }: ChangeSide, had: SopsFile, blobs: Blobs): Promise<boolean> {
  const content = (await blobs.read(oid))?.content ?? null;
  if (content === null || content.length === 0 || foreignTool(content) !== null) return false;
  if (kind === 'symlink' && (await isLinkTarget(path, content))) return false;
  try {
    const read = await readContent(path, content);
    return read.kind === 'plaintext' && plaintextUnder(read.parsed, had.metadata.selector).length > 0;
  } catch (error) {
    // What does not parse is not encrypted either.
    if (error instanceof GitSopsError) return true;
    throw error;
  }
}
