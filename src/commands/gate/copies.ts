import { fileMends, leftClauses } from '../../clauses.ts';
import type { Opener } from '../../document/ask-once.ts';
import type { Finding } from '../../document/finding.ts';
import { readSopsFile, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf } from '../../format/by-path.ts';
import type { Change } from '../../git/changes.ts';
import { isBlob } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { originalsOf } from './beside.ts';
import { type Come, heldBy, heldIn } from './held-by.ts';
import type { Beside, Blobs, LeavingOptions } from './replaced.ts';

/** Copies that editors, merges and people keep beside an encrypted file or elsewhere, by their names and what they hold. */
export async function copiesOf(
  changes: readonly Change[],
  opener: Opener,
  blobs: Blobs,
  { beside, isCovered }: LeavingOptions,
): Promise<Finding[]> {
  if (beside === undefined) return [];
  const come: Omit<Come, 'size'>[] = [];
  for (const { path, before, after } of changes) {
    if (before !== null || after === null || !isBlob(after.kind) || (await isCovered(path))) continue;
    come.push({ path, oid: after.oid });
  }
  const namesakes = await namesakesOf(come, beside);
  const findings: Finding[] = [];
  for (const { path, oid } of come) {
    const originals = [...originalsOf(path), ...(namesakes.get(path) ?? [])];
    const contents = await Promise.all(originals.map(beside.read));
    for (const [i, original] of originals.entries()) {
      const sealed = contents[i] ?? null;
      const held = sealed === null ? null : await heldIn(original, await readQuietly(original, sealed), opener);
      if (held === null) continue;
      const size = (await blobs.stat(oid))?.size ?? 0;
      if ((await heldBy({ path, oid, size }, [held], 1, blobs)) === null) continue;
      const detail = leftClauses.copied(original);
      findings.push({ kind: 'no-longer-encrypted', path, oid, detail, mend: fileMends.leaveOut(path) });
      break;
    }
  }
  return findings;
}

/** More names are not asked for at once, and of one name not more files are looked at: `kustomization.yaml` is in each folder of many. */
const [mostNames, mostNamesakes] = [64, 32];

/** Files of the same name in other folders, of the formats that secrets are kept in. */
async function namesakesOf(
  come: readonly Pick<Come, 'path'>[],
  beside: Beside,
): Promise<ReadonlyMap<GitPath, readonly GitPath[]>> {
  const paths = come.map(({ path }) => path).filter((path) => formatNameOf(path) !== 'binary');
  const names = new Set(paths.map(nameOf));
  if (names.size === 0 || names.size > mostNames) return new Map();
  const found = await beside.named([...names]);
  return new Map(
    paths.map((path) => {
      const others = found.filter((other) => other !== path && nameOf(other) === nameOf(path));
      return [path, others.slice(0, mostNamesakes)];
    }),
  );
}

function nameOf(path: GitPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function readQuietly(path: GitPath, content: Uint8Array): Promise<SopsFile | null> {
  try {
    return await readSopsFile(path, content);
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
