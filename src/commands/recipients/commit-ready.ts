import { nodeBackend } from '../../crypto/node-backend.ts';
import { findingKinds, severityOf } from '../../document/finding.ts';
import { judge } from '../../document/judge.ts';
import type { RuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { GitPath } from '../../git/path.ts';
import { recipientRecord } from '../gate/recipient-record.ts';

/**
 * The hook's judgement of a file that is to be staged, by the rules that are staged with it.
 * @throws GitSopsError `not-commit-ready`: what cannot be committed is not begun
 */
export async function requireCommitReady(path: GitPath, content: Uint8Array, rules: RuleFinder): Promise<void> {
  const rule = (await rules.find(path))?.rule ?? null;
  const recipients = recipientRecord(path, rules, { earlier: async () => [] });
  const findings = await judge({ path, content, rule, keyring: null, backend: nodeBackend, recipients });
  const refused = findings.find(({ kind }) => severityOf(kind) === 'error');
  if (refused === undefined) return;
  const { kind, mend, detail } = refused;
  const what = findingKinds[kind].title + (kind.endsWith('-recipient') ? ` (${detail})` : '');
  throw new GitSopsError('not-commit-ready', { file: path, detail: what, other: mend });
}
