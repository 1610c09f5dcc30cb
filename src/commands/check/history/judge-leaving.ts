import { fileMends } from '../../../clauses.ts';
import type { Finding } from '../../../document/finding.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import type { Keyring } from '../../../keys/keyring.ts';
import { noLongerEncrypted } from '../../gate/no-longer-encrypted.ts';
import type { Leaving } from './leaving.ts';

/** What commits took out of encryption, each version once, by the first commit that has it. */
export async function judgeLeaving(
  leaving: readonly Leaving[],
  keyring: Keyring,
  blobs: BlobReader,
): Promise<Finding[]> {
  const findings = new Map<string, Finding>();
  for (const { changes, foundIn } of leaving) {
    // Those that a rule covers were left out.
    for (const finding of await noLongerEncrypted(changes, blobs, { isCovered: () => false, keyring })) {
      const key = `${finding.oid} ${finding.path}`;
      const mend = fileMends.inHistory(finding.path);
      if (!findings.has(key)) findings.set(key, { ...finding, foundIn, mend });
    }
  }
  return [...findings.values()];
}
