import type { CryptoBackend } from '../crypto/backend.ts';
import { type ErrorCode, GitSopsError } from '../errors.ts';
import { recipientsOf } from '../keys/key-group.ts';
import type { Keyring } from '../keys/keyring.ts';
import { refuseConflictMarkers } from './conflict-markers.ts';
import { type CreationRule, selectorFor } from './creation-rule.ts';
import type { Finding, FindingKind } from './finding.ts';
import { openFile } from './open.ts';
import { type Exposed, exposedByItself, exposedByRule } from './protection.ts';
import { type Content, readContent, type SopsFile } from './sops-file.ts';

export interface Judged {
  /** The path inside the repository. */
  readonly path: string;
  readonly content: Uint8Array;
  /** The rule that covers it, or null for a path that only carries the attribute. */
  readonly rule: CreationRule | null;
  /** Without an identity the structure is judged; with one the tags and the MAC too. */
  readonly keyring: Keyring;
  readonly backend: CryptoBackend;
}

/**
 * The one judgement of what may stand in Git at a covered path: the hook, `check` and every later gate ask here.
 * An empty file holds no secret and passes.
 */
export async function judge({ path, content, rule, keyring, backend }: Judged): Promise<Finding[]> {
  if (content.length === 0) return [];
  let read: Content;
  try {
    refuseConflictMarkers(content);
    read = await readContent(path, content);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return [findingOf(path, error)];
  }
  if (read.kind === 'plaintext') {
    return rule === null ? [] : [{ kind: 'plaintext-file', path, mend: stage(path) }];
  }

  const { file } = read;
  const findings = exposedByItself(file).map((leaf) => clear('plaintext-value', path, leaf, decryptAndStage(path)));
  if (rule !== null) {
    const selector = selectorFor(rule, file.format.name);
    const told = new Set(findings.map((finding) => finding.keyPath));
    for (const leaf of exposedByRule(file, selector)) {
      if (!told.has(leaf.keyPath))
        findings.push(clear('weaker-than-rule', path, leaf, `git sops rotate ${quoted(path)}`));
    }
    const drift = recipientDrift(file, rule);
    if (drift !== null)
      findings.push({ kind: 'recipient-drift', path, detail: drift, mend: `git sops rotate ${quoted(path)}` });
  }
  if (findings.some(({ kind }) => kind === 'plaintext-value')) return findings;
  const found = await keyring.dataKey(file.metadata.keyGroups, file.metadata.shamirThreshold);
  if (found.dataKey === null) return findings;
  try {
    openFile(file, found.dataKey, backend);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    findings.push(findingOf(path, error));
  }
  return findings;
}

const kindOfError: Partial<Record<ErrorCode, FindingKind>> = {
  'conflict-markers': 'unresolved-conflict',
  'broken-mac': 'broken-mac',
  'broken-tag': 'broken-tag',
  'broken-token': 'broken-tag',
  'not-encrypted': 'plaintext-value',
  'sops-key-in-plaintext': 'plaintext-file',
};

function findingOf(path: string, error: GitSopsError): Finding {
  const kind = kindOfError[error.code] ?? 'unreadable-file';
  const { line, column, keyPath } = error.facts;
  const mend =
    kind === 'unresolved-conflict'
      ? `resolve it, then ${stage(path)}`
      : kind === 'plaintext-file'
        ? stage(path)
        : `git checkout HEAD -- ${quoted(path)}`;
  return { kind, path, line, column, keyPath, detail: error.message, mend };
}

function clear(kind: FindingKind, path: string, leaf: Exposed, mend: string): Finding {
  return { kind, path, line: leaf.line, column: leaf.column, keyPath: leaf.keyPath, detail: leaf.kind, mend };
}

function recipientDrift(file: SopsFile, rule: CreationRule): string | null {
  const has = new Set(recipientsOf(file.metadata.keyGroups));
  const asked = new Set(rule.groups.flat().map(({ id }) => id));
  const missing = [...asked].filter((id) => !has.has(id));
  const extra = [...has].filter((id) => !asked.has(id));
  if (missing.length === 0 && extra.length === 0) return null;
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`cannot read it yet: ${missing.join(', ')}`);
  if (extra.length > 0) parts.push(`can read it against the rule: ${extra.join(', ')}`);
  return parts.join('; ');
}

function stage(path: string): string {
  return `git add --renormalize -- ${quoted(path)}`;
}

function decryptAndStage(path: string): string {
  return `git checkout HEAD -- ${quoted(path)}`;
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
