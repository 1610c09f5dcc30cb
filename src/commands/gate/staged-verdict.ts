import type { Finding } from '../../document/finding.ts';
import { isProtection } from '../../document/rule-finder.ts';
import type { AskedAhead } from '../../git/asked-ahead.ts';
import { type BlobReader, indexObject } from '../../git/blob-reader.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Io } from '../io.ts';
import { readAllowList, sortOutAllowed } from './allowed.ts';
import { judgeSnapshot, type Verdict } from './gate.ts';
import { stagedSnapshot } from './snapshots.ts';
import { withUnstagedProtection } from './unstaged-protection.ts';
import { unstagedRules } from './unstaged-rules.ts';
import { withoutFilter } from './without-filter.ts';

export interface StagedVerdict extends Verdict {
  /** What the commit takes from encrypted files: told, and for others to judge. */
  readonly weakened: readonly Finding[];
}

/** What the hooks judge: the staged changes, less what the allow-list of the index accepts. @param asked what Git has said already */
export async function stagedVerdict(
  blobs: BlobReader,
  keyring: Keyring,
  io: Io,
  asked: AskedAhead | null,
): Promise<StagedVerdict> {
  const snapshot = await stagedSnapshot(blobs, asked);
  const { files, findings: found } = await judgeSnapshot(snapshot, keyring);
  // Nearly no commit changes rules or attributes.
  const touches = snapshot.changes.some(({ path, before }) => before !== null && isProtection(path));
  const weakened = touches ? await (await import('./weakened.ts')).weakenedInIndex(blobs) : [];
  const unstaged = await unstagedRules(snapshot, io.cwd);
  const findings = await withoutFilter(await withUnstagedProtection(found, snapshot, io.cwd, blobs, unstaged));
  if (findings.length === 0) return { files, findings, weakened };
  const list = await readAllowList(async (path) => (await blobs.read(indexObject(path)))?.content ?? null);
  return { files, findings: sortOutAllowed(findings, list, io.now()).findings, weakened };
}
