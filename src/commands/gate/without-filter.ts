import type { Finding } from '../../document/finding.ts';
import { readSetting } from '../set-up/set-up.ts';

/** Where nobody has set the clone up, what stages a file again stores it as it did before: the filter comes first. */
export async function withoutFilter(findings: readonly Finding[]): Promise<Finding[]> {
  const isPlain = ({ kind }: Finding) => kind === 'plaintext-file';
  if (!findings.some(isPlain) || (await readSetting('filter.sops.process')) !== null) return [...findings];
  return findings.map((finding) =>
    isPlain(finding) ? { ...finding, mend: `git sops init --yes; ${finding.mend}` } : finding,
  );
}
