import { hookTexts } from '../clauses.ts';
import { type Finding, severityOf } from '../document/finding.ts';
import { GitSopsError } from '../errors.ts';
import { readAskedAhead } from '../git/asked-ahead.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { commitHooks } from '../git/hook-events.ts';
import { escapeText, quotePath } from '../quote.ts';
import { textReport } from './check/text.ts';
import { stagedVerdict } from './gate/staged-verdict.ts';
import type { Io } from './io.ts';
import { openKeyring } from './repository/keyring.ts';
import { colourOn } from './terminal/colour.ts';

/**
 * `hook pre-commit`, `hook pre-merge-commit`, `hook pre-applypatch`: refuses a commit that would put a secret into history in the clear.
 * With `--asked` behind it, standard input has what Git says of the index.
 */
export async function hook(args: string[], io: Io): Promise<number> {
  const [name = '', option] = args;
  if (!commitHooks.some((event) => event === name)) {
    throw new GitSopsError('wrong-use', {
      detail: `hook takes ${[...commitHooks, 'pre-push', 'pre-receive'].join(', ')}`,
      other: 'git sops help',
    });
  }
  const blobs = new BlobReader({ moments: 4 });
  try {
    const keyring = openKeyring(io);
    const asked = option === '--asked' ? await readAskedAhead(0) : null;
    if (option === '--asked') io.trace(`${name}: ${asked === null ? 'nothing' : 'all'} was asked ahead`);
    const { files, findings, weakened } = await stagedVerdict(blobs, keyring, io, asked);
    io.trace(`${name}: ${files} covered files, ${findings.length} findings`);
    const errors = findings.filter(({ kind }) => severityOf(kind) === 'error');
    if (weakened.length > 0) io.stderr.write(weakenedText(weakened));
    if (errors.length === 0) return 0;
    const report = { scope: 'this commit', files, findings: errors, warnings: keyring.warnings() };
    io.stderr.write(`git-sops: the commit is refused\n${textReport(report, colourOn(io.stderr, io))}`);
    return 1;
  } finally {
    await blobs.close();
  }
}

/** It stops nobody: whoever takes a rule away may mean it. */
function weakenedText(weakened: readonly Finding[]): string {
  const lines = weakened.map(
    ({ path, detail = '', mend }) => `  ${quotePath(path)}: ${escapeText(detail)}\n    ${mend}\n`,
  );
  return `${hookTexts.weakened}${lines.join('')}`;
}
