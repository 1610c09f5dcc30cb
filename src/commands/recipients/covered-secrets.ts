import type { CreationRule } from '../../document/creation-rule.ts';
import { isConflict, readSopsFile, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { listIndex } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import type { Io } from '../io.ts';
import { type CoveredFile, coveredFiles } from '../repository/covered-files.ts';

/** A covered file that the index holds encrypted. */
export interface CoveredSecret extends CoveredFile {
  readonly blob: Uint8Array;
  readonly sops: SopsFile;
}

export interface Secrets {
  readonly encrypted: readonly CoveredSecret[];
  /** Covered, but in the index as plaintext, empty or unreadable: `check` tells of them. */
  readonly others: readonly GitPath[];
}

/** What the index holds of all covered files. */
export async function coveredSecrets(io: Io, blobs: BlobReader): Promise<Secrets> {
  const encrypted: CoveredSecret[] = [];
  const others: GitPath[] = [];
  for (const file of await coveredFiles(io, blobs, [])) {
    const blob = (await blobs.read(file.oid))?.content;
    const sops = blob === undefined ? null : await read(file.path, blob);
    if (blob === undefined || sops === null) others.push(file.path);
    else encrypted.push({ ...file, blob, sops });
  }
  return { encrypted, others };
}

/** @throws GitSopsError `in-conflict` for a covered file that has several versions in the index */
export async function refuseConflicts(isConcerned: (path: GitPath) => Promise<boolean>): Promise<void> {
  const unmerged = new Set((await listIndex()).filter(({ stage }) => stage !== 0).map(({ path }) => path));
  for (const path of unmerged) if (await isConcerned(path)) throw new GitSopsError('in-conflict', { file: path });
}

/** Whether a file's rule is one of these. @param chosen indexes by the path of their `.sops.yaml` */
export function isUnderRules(
  { rule }: { readonly rule: { readonly configPath: GitPath; readonly rule: CreationRule } | null },
  chosen: ReadonlyMap<GitPath, ReadonlySet<number>>,
): boolean {
  return rule !== null && chosen.get(rule.configPath)?.has(rule.rule.index) === true;
}

async function read(path: GitPath, blob: Uint8Array): Promise<SopsFile | null> {
  try {
    const file = await readSopsFile(path, blob);
    if (file !== null && isConflict(file)) throw new GitSopsError('in-conflict', { file: path });
    return file;
  } catch (error) {
    if (!(error instanceof GitSopsError) || error.code === 'in-conflict') throw error;
    return null;
  }
}
