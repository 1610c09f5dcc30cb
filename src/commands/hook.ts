import { severityOf } from '../document/finding.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { createKeyring } from '../keys/keyring.ts';
import { textReport } from './check/text.ts';
import { colourOn } from './colour.ts';
import { judgeSnapshot } from './gate.ts';
import type { Io } from './io.ts';
import { stagedSnapshot } from './snapshots.ts';

/** `hook pre-commit` and `hook pre-merge-commit`: refuses a commit that would put a secret into history in the clear. */
export async function hook(args: string[], io: Io): Promise<number> {
  const [name = ''] = args;
  if (name !== 'pre-commit' && name !== 'pre-merge-commit') {
    throw new GitSopsError('wrong-use', {
      detail: 'hook takes pre-commit or pre-merge-commit',
      other: 'git sops help',
    });
  }
  const blobs = new BlobReader();
  try {
    const keyring = createKeyring({ env: io.env, platform: io.platform, home: io.home });
    const { files, findings } = await judgeSnapshot(await stagedSnapshot(blobs), keyring);
    io.trace(`${name}: ${files} covered files, ${findings.length} findings`);
    const errors = findings.filter(({ kind }) => severityOf(kind) === 'error');
    if (errors.length === 0) return 0;
    const report = { scope: 'this commit', files, findings: errors, warnings: keyring.warnings() };
    io.stderr.write(`git-sops: the commit is refused\n${textReport(report, colourOn(io.stderr, io))}`);
    return 1;
  } finally {
    await blobs.close();
  }
}
