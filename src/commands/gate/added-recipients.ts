import { showRecipient } from '../../document/creation-rule.ts';
import type { Finding } from '../../document/finding.ts';
import type { RuleFinder } from '../../document/rule-finder.ts';
import { sameRecipient } from '../../document/rule-fit.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { Change } from '../../git/changes.ts';
import type { GitPath } from '../../git/path.ts';
import { recipientsOf } from '../../keys/key-group.ts';
import { shellPath } from '../../quote.ts';
import { sopsFileAt } from './sops-file-at.ts';

/** Who can decrypt a file after a change and could not before, other than those whom the rule before it names. */
export async function addedRecipients(
  changes: readonly Change[],
  before: RuleFinder,
  blobs: BlobReader,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { path, before: old, after } of changes) {
    if (old?.kind !== 'file' || after?.kind !== 'file') continue;
    const had = await recipientsIn(path, old.oid, blobs);
    if (had === null) continue;
    const asked = (await before.find(path))?.rule.groups.flat().map(showRecipient) ?? [];
    for (const recipient of (await recipientsIn(path, after.oid, blobs)) ?? []) {
      if (had.includes(recipient) || asked.some((other) => sameRecipient(other, recipient))) continue;
      const mend = `git sops rotate ${shellPath(path)}, unless you know whose key it is`;
      findings.push({ kind: 'added-recipient', path, oid: after.oid, detail: recipient, mend });
    }
  }
  return findings;
}

async function recipientsIn(path: GitPath, oid: string, blobs: BlobReader): Promise<readonly string[] | null> {
  const file = await sopsFileAt(path, oid, blobs);
  return file === null ? null : recipientsOf(file.metadata.keyGroups);
}
