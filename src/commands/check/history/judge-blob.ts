import { fileMends } from '../../../clauses.ts';
import { nodeBackend } from '../../../crypto/node-backend.ts';
import { isOnlyBroken } from '../../../document/broken-file.ts';
import type { CreationRule } from '../../../document/creation-rule.ts';
import { type Finding, isLeak } from '../../../document/finding.ts';
import { judge, judgeUncovered } from '../../../document/judge.ts';
import { mayBeEncrypted } from '../../../document/sops-file.ts';
import { GitSopsError } from '../../../errors.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import type { Place } from './collect.ts';

/** One blob to judge, at each of its paths; plain data, so that a worker can have it. */
export interface Task {
  readonly oid: string;
  readonly places: readonly Pick<Place, 'path' | 'rules' | 'link' | 'filtered'>[];
}

/**
 * What was in the clear. History cannot be mended, so what is merely broken or has drifted is no finding there, and no
 * identity is looked for.
 */
export async function judgeBlob(blobs: BlobReader, { oid, places }: Task): Promise<Finding[]> {
  const content = (await blobs.read(oid))?.content ?? null;
  if (content === null) throw new GitSopsError('git-object-missing', { file: places[0]?.path, detail: oid });
  const findings = new Map<string, Finding>();
  for (const { path, rules, link, filtered = false } of places) {
    const uncovered = rules.length === 0 && !filtered ? await judgeUncovered(path, content) : [];
    const found = uncovered.filter(({ kind }) => isLeak(kind));
    for (const rule of filtered ? [null] : rules) {
      for (const finding of await judge({ path, content, link, rule, keyring: null, backend: nodeBackend })) {
        if (isLeak(finding.kind) || (await isUnread(finding, content, rule))) found.push(finding);
      }
    }
    for (const finding of found) {
      const { kind, keyPath, line } = finding;
      const mend = fileMends.inHistory(path, keyPath);
      findings.set(JSON.stringify([kind, path, keyPath, line]), { ...finding, oid, mend });
    }
  }
  return [...findings.values()];
}

/** A file that does not parse, or is in conflict, and may hold plaintext. */
async function isUnread({ kind, path }: Finding, content: Uint8Array, rule: CreationRule | null): Promise<boolean> {
  if (kind !== 'unreadable-file' && kind !== 'unresolved-conflict') return false;
  return !mayBeEncrypted(content) || !(await isOnlyBroken(path, content, rule));
}
