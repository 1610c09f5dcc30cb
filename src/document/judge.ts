import { driftClauses, fileMends, laterEntryClause, linkClause } from '../clauses.ts';
import type { CryptoBackend } from '../crypto/backend.ts';
import { type ErrorCode, GitSopsError } from '../errors.ts';
import { type Selector, sameSelector, selectsOf } from '../tree/selector.ts';
import type { Opener } from './ask-once.ts';
import { refuseConflictMarkers } from './conflict-markers.ts';
import { type CreationRule, selectorFor } from './creation-rule.ts';
import { type Finding, type FindingKind, isLeak } from './finding.ts';
import { foreignTool } from './foreign-ciphertext.ts';
import { isRequestPath, readRequest } from './join-request.ts';
import { isLinkTarget } from './link-target.ts';
import { openFile } from './open.ts';
import { type PlainlySealed, plainlySealed } from './plainly-sealed.ts';
import { plainlyVerified } from './plainly-verified.ts';
import { findPrivateKeys } from './private-key.ts';
import {
  type Exposed,
  exposedByItself,
  exposedByRule,
  plaintextUnder,
  strangeEntries,
  strayTokens,
  tokensOf,
} from './protection.ts';
import { recipientDrift } from './recipient-drift.ts';
import { isNeverCovered } from './rule-finder.ts';
import { sameSelection } from './rule-fit.ts';
import { isConflict, mayBeEncrypted, readContent, type SopsFile } from './sops-file.ts';

export interface Judged {
  /** The path inside the repository. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Whether Git stores it as a symlink. One that may lead somewhere is nothing to judge. */
  readonly link?: boolean;
  /** The rule that covers it, or null for a path that only carries the attribute. */
  readonly rule: CreationRule | null;
  /** Without an identity the structure is judged; with one the tags and the MAC too. Null looks for no identity. */
  readonly keyring: Opener | null;
  readonly backend: CryptoBackend;
  /** What is known of recipients beyond the rule; without it all drift is the same. */
  readonly recipients?: RecipientRecord;
  /** The commit that a broken file can be taken from again; without it people look for the last good one. */
  readonly good?: 'HEAD' | undefined;
  /** Is told how many values the rule's selector picks; the short way leaves comments out, so only whether it is 0 says anything. */
  readonly picked?: (values: number) => void;
}

/** Whom the rules name, and named. */
export interface RecipientRecord {
  /** Whether any rule names the recipient, not just the one that covers the file. */
  isNamed(recipient: string): Promise<boolean>;
  /** Whether an earlier version of the rules did. */
  wasNamed(recipient: string): Promise<boolean>;
}

/**
 * The one judgement of what may stand in Git at a covered path: the hook, `check` and every later gate ask here.
 * An empty file holds no secret and passes, and so does plaintext of which the rule wants nothing encrypted.
 */
export async function judge(judged: Judged): Promise<Finding[]> {
  return judgeLooked(judged, await lookThrough(judged));
}

/** The same for many with one keyring, in their order; their data keys are opened at once. */
export async function judgeMany(list: readonly Judged[]): Promise<Finding[][]> {
  const looked: (PlainlySealed | null)[] = [];
  for (const judged of list) looked.push(await lookThrough(judged));
  const sealed = looked.filter((one) => one !== null);
  if (sealed.length > 1) await list[0]?.keyring?.openAhead?.(sealed.map(({ metadata }) => metadata.keyGroups));
  const findings: Finding[][] = [];
  for (const [i, judged] of list.entries()) findings.push(await judgeLooked(judged, looked[i] ?? null));
  return findings;
}

async function lookThrough({ path, content, link = false, rule }: Judged): Promise<PlainlySealed | null> {
  return rule === null || link || content.length === 0 ? null : plainlySealed(path, content, rule);
}

async function judgeLooked(judged: Judged, sealed: PlainlySealed | null): Promise<Finding[]> {
  const { path, content, keyring } = judged;
  if (content.length === 0) return [];
  if (judged.link === true) return judgeLink(judged);
  if (sealed === null) return judgeParsed(judged);
  const { keyGroups, shamirThreshold } = sealed.metadata;
  const dataKey = (await keyring?.dataKey(keyGroups, shamirThreshold))?.dataKey ?? null;
  if (dataKey !== null && !plainlyVerified(sealed, dataKey, judged.backend)) return judgeParsed(judged, dataKey);
  // Without the data key, or where all verifies, there is no more to tell.
  judged.picked?.(sealed.picked);
  return privateKeysIn(path, sealed.text);
}

async function judgeLink(judged: Judged): Promise<Finding[]> {
  const { path, content } = judged;
  if (await isLinkTarget(path, content)) return [];
  const asFile = { detail: linkClause, mend: fileMends.noLink(path) };
  const findings = await judgeParsed(judged);
  // No other clone can check it out, whatever it is.
  if (!findings.some(({ kind }) => isLeak(kind))) return [{ kind: 'unreadable-file', path, ...asFile }];
  return findings.map((finding) => (isLeak(finding.kind) ? { ...finding, ...asFile } : finding));
}

/** The whole judgement. @param dataKey where it is known already */
export async function judgeParsed(judged: Judged, dataKey: Uint8Array | null = null): Promise<Finding[]> {
  try {
    return await judgeRead(judged, dataKey);
  } catch (error) {
    // What shows only when the values are looked at, such as aliases that stand for millions: no reason to say nothing of other files.
    if (!(error instanceof GitSopsError)) throw error;
    return [findingOf(judged, error)];
  }
}

async function judgeRead(judged: Judged, dataKey: Uint8Array | null): Promise<Finding[]> {
  const { path, content, rule } = judged;
  const tool = foreignTool(content);
  if (tool !== null && rule !== null) {
    return [{ kind: 'foreign-ciphertext', path, detail: `encrypted by ${tool}`, mend: 'git sops migrate' }];
  }
  refuseConflictMarkers(content);
  const read = await readContent(path, content);
  if (read.kind === 'encrypted' && isConflict(read.file)) throw new GitSopsError('conflict-markers');
  if (read.kind === 'encrypted') return judgeEncrypted(judged, read.file, dataKey);

  const [token] = mayBeEncrypted(content) ? tokensOf(read.parsed) : [];
  if (token !== undefined) return [clear('half-encrypted', path, token, fileMends.goBack(judged.path, judged.good))];
  if (rule !== null) {
    const picked = plaintextUnder(read.parsed, selectorFor(rule, read.format.name));
    judged.picked?.(picked.length);
    if (picked.length > 0) return [{ kind: 'plaintext-file', path, mend: fileMends.stage(path) }];
  }
  const findings = privateKeysIn(path, content);
  // What clean refuses must not pass where the filter was not asked. Nobody takes another tool's ciphertext for plaintext.
  if (rule === null && tool === null) {
    findings.unshift({
      kind: 'plaintext-without-rule',
      path,
      mend: `${fileMends.rule(path)}; ${fileMends.stage(path)}`,
    });
  }
  return findings;
}

async function judgeEncrypted(judged: Judged, file: SopsFile, known: Uint8Array | null): Promise<Finding[]> {
  const { path, content, rule, keyring, backend } = judged;
  const findings = exposedByItself(file).map((leaf) =>
    clear('plaintext-value', path, leaf, fileMends.goBack(judged.path, judged.good)),
  );
  for (const { keyPath, later } of strangeEntries(file)) {
    const detail = later ? laterEntryClause : 'metadata entry';
    findings.push({ kind: 'plaintext-value', path, keyPath, detail, mend: fileMends.goBack(judged.path, judged.good) });
  }
  for (const leaf of strayTokens(file))
    findings.push(clear('stray-ciphertext', path, leaf, fileMends.goBack(judged.path, judged.good)));
  if (rule !== null) {
    const selector = selectorFor(rule, file.format.name);
    const told = new Set(findings.map((finding) => finding.keyPath));
    const weaker = exposedByRule(file, selector).filter((leaf) => !told.has(leaf.keyPath));
    for (const leaf of weaker) findings.push(clear('weaker-than-rule', path, leaf, fileMends.rotate(path)));
    if (weaker.length === 0 && !sameSelection(file, rule)) findings.push(selectorDrift(path, file, rule));
    findings.push(...(await judgeRecipients(path, file, rule, judged.recipients)));
    judged.picked?.(pickedIn(file, selector));
  }
  findings.push(...privateKeysIn(path, content));
  if (keyring === null || findings.some(({ kind }) => kind === 'plaintext-value')) return findings;
  const { keyGroups, shamirThreshold } = file.metadata;
  const dataKey = known ?? (await keyring.dataKey(keyGroups, shamirThreshold)).dataKey;
  if (dataKey === null) return findings;
  try {
    openFile(file, dataKey, backend);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    findings.push(findingOf(judged, error));
  }
  return findings;
}

/**
 * Files that no rule covers, and those that none may cover: what stands in them that should not be there, or says that a rule is
 * missing. A request to join is a public key and nothing else.
 */
export async function judgeUncovered(path: string, content: Uint8Array): Promise<Finding[]> {
  const findings = privateKeysIn(path, content);
  if (findings.length === 0 && isRequestPath(path) && readRequest(content) === null) {
    findings.push({ kind: 'plaintext-file', path, mend: fileMends.request(path) });
  }
  if (isNeverCovered(path)) return findings;
  try {
    const read = await readContent(path, content);
    if (read.kind === 'encrypted') {
      findings.push({
        kind: 'no-rule',
        path,
        mend: fileMends.rule(path),
      });
    }
  } catch (error) {
    // Not covered, so it may be anything.
    if (!(error instanceof GitSopsError)) throw error;
  }
  return findings;
}

function privateKeysIn(path: string, content: Uint8Array | string): Finding[] {
  return findPrivateKeys(content).map(({ what, line, column }) => {
    return { kind: 'private-key', path, line, column, detail: what, mend: fileMends.privateKey(path) };
  });
}

async function judgeRecipients(
  path: string,
  file: SopsFile,
  rule: CreationRule,
  record: RecipientRecord | undefined,
): Promise<Finding[]> {
  const drift = recipientDrift(file, rule);
  if (drift === null) return [];
  const findings: Finding[] = [];
  const extra: string[] = [];
  for (const recipient of drift.extra) {
    if (record === undefined || (await record.isNamed(recipient))) {
      extra.push(recipient);
      continue;
    }
    const kind = (await record.wasNamed(recipient)) ? 'revoked-recipient' : 'unknown-recipient';
    findings.push({ kind, path, detail: recipient, mend: fileMends.rotate(path) });
  }
  const parts: string[] = [];
  if (drift.missing.length > 0) parts.push(driftClauses.missing(drift.missing));
  if (extra.length > 0) parts.push(driftClauses.extra(extra));
  if (drift.regrouped) parts.push(driftClauses.regrouped);
  if (parts.length > 0)
    findings.push({ kind: 'recipient-drift', path, detail: parts.join('; '), mend: fileMends.rotate(path) });
  return findings;
}

function selectorDrift(path: string, file: SopsFile, rule: CreationRule): Finding {
  const { selector, macOnlyEncrypted } = file.metadata;
  const asked = selectorFor(rule, file.format.name);
  const detail =
    selector.kind === asked.kind && selector.value === asked.value
      ? driftClauses.mac(macOnlyEncrypted)
      : driftClauses.selector(selector, asked);
  return { kind: 'selector-drift', path, detail, mend: fileMends.rotate(path) };
}

/** Values that the rule wants encrypted, empty ones too. */
function pickedIn(file: SopsFile, rule: Selector): number {
  const view = sameSelector(file.metadata.selector, rule) ? file.view : file.parsed.view(selectsOf(rule));
  return view.leaves.filter(({ selected }) => selected).length;
}

const kindOfError: Partial<Record<ErrorCode, FindingKind>> = {
  'conflict-markers': 'unresolved-conflict',
  'broken-mac': 'broken-mac',
  'broken-tag': 'broken-tag',
  'broken-token': 'broken-tag',
  'not-encrypted': 'plaintext-value',
  'sops-key-in-plaintext': 'plaintext-file',
};

function findingOf(judged: Pick<Judged, 'path' | 'good'>, error: GitSopsError): Finding {
  const { path } = judged;
  const kind = kindOfError[error.code] ?? 'unreadable-file';
  const { line, column, keyPath } = error.facts;
  const mend =
    kind === 'unresolved-conflict'
      ? fileMends.afterConflict(path)
      : kind === 'plaintext-file'
        ? fileMends.stage(path)
        : kind === 'broken-mac'
          ? fileMends.stageOrHunks(path)
          : fileMends.goBack(path, judged.good);
  return { kind, path, line, column, keyPath, detail: error.message, mend };
}

function clear(kind: FindingKind, path: string, leaf: Exposed, mend: string): Finding {
  return { kind, path, line: leaf.line, column: leaf.column, keyPath: leaf.keyPath, detail: leaf.kind, mend };
}
