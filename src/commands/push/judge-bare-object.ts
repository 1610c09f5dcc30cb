import { fileMends } from '../../clauses.ts';
import { isLeak } from '../../document/finding.ts';
import { judgeUncovered } from '../../document/judge.ts';
import { isRulesPath } from '../../document/rule-finder.ts';
import { type BlobReader, treeObject } from '../../git/blob-reader.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { judgeSnapshot } from '../gate/gate.ts';
import { treeSnapshot } from '../gate/snapshots.ts';
import { byAgreedRules, isSameAs, type PushedVerdict } from './judge-files.ts';

/**
 * A tag may name a tree, or a blob, which has no path.
 * @param agreed the commit whose rules count beside those of the tree: nobody has agreed on the rules that it comes with
 */
export async function judgeBareObject(
  ref: string,
  { oid, type }: { oid: string; type: string },
  agreed: string | null,
  blobs: BlobReader,
  keyring: Keyring | null,
): Promise<Pick<PushedVerdict, 'findings' | 'byAgreed'>> {
  if (type === 'tree') return judgeBareTree(oid, agreed, blobs, keyring);
  const content = type === 'blob' ? ((await blobs.read(oid))?.content ?? null) : null;
  const found = content === null ? [] : await judgeUncovered(ref, content);
  return { findings: found.map((finding) => ({ ...finding, mend: fileMends.deleteRef(ref) })), byAgreed: [] };
}

async function judgeBareTree(
  tree: string,
  agreed: string | null,
  blobs: BlobReader,
  keyring: Keyring | null,
): Promise<Pick<PushedVerdict, 'findings' | 'byAgreed'>> {
  const snapshot = await treeSnapshot(blobs, tree);
  const { findings } = await judgeSnapshot(snapshot, keyring);
  if (agreed === null) return { findings, byAgreed: [] };
  const { rules: _, read, ...rest } = snapshot;
  const byThose = await judgeSnapshot(
    {
      ...rest,
      read: async (path) =>
        isRulesPath(path) ? ((await blobs.read(treeObject(agreed, path)))?.content ?? null) : read(path),
    },
    null,
  );
  const more = byThose.findings.filter((finding) => isLeak(finding.kind) && !findings.some(isSameAs(finding)));
  return { findings, byAgreed: more.map(byAgreedRules) };
}
