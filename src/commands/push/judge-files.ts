import { nodeBackend } from '../../crypto/node-backend.ts';
import { type Finding, isLeak } from '../../document/finding.ts';
import { isRequestPath } from '../../document/join-request.ts';
import { judge, judgeUncovered } from '../../document/judge.ts';
import { type FoundRule, isNeverCovered } from '../../document/rule-finder.ts';
import { mayBeEncrypted } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { FileState } from '../../git/file-states.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { sameSelector } from '../../tree/selector.ts';
import type { Verdict } from '../gate/gate.ts';
import { holdsSign, mostSuspectBytes } from '../gate/suspects.ts';
import type { PushedFile } from './collect.ts';
import type { Deadline } from './deadline.ts';
import { createProtections, type Protection } from './protection.ts';

/** Files that are asked for together, and the bytes that they may have. */
const batchFiles = 256;
const batchBytes = 16 << 20;

export interface JudgeOptions {
  /** Null judges without any identity, as a server does. */
  readonly keyring: Keyring | null;
  readonly deadline: Deadline;
  /** Is told of each blob that was read whether it may be encrypted. */
  readonly read?: (oid: string, maySeal: boolean) => void;
  /** Is called after each file. */
  readonly step?: () => void;
}

export interface PushedVerdict extends Verdict {
  /** Leaks by the rules that are agreed on alone. Whoever says that a change of the protection is meant, means these too. */
  readonly byAgreed: Finding[];
}

/** What is known of a file before it is read. */
interface Sorted {
  readonly file: PushedFile;
  readonly protection: Protection;
  /** The rule of its commit. */
  readonly rule: FoundRule | null;
  /** The rule that is agreed on, where the file comes by a new ref and its own picks other values. */
  readonly agreed: FoundRule | null;
  /** Rules of the ends of the push that pick other values. */
  readonly later: readonly FoundRule[];
  readonly filtered: boolean;
  /** Whether one state asks for the filter where no rule of it covers the path. */
  readonly unruled: boolean;
  readonly size: number;
}

/**
 * Judges what a push brings, by the rules of the very commit that brings it. What the rules at the end of the push would have
 * encrypted is a leak as well: history goes along. What the other side has already, under the same rules, is left alone.
 * @throws GitSopsError for rules that cannot be read, with the commit that has them, and for the deadline
 */
export async function judgeFiles(
  files: readonly PushedFile[],
  blobs: BlobReader,
  { keyring, deadline, read, step }: JudgeOptions,
): Promise<PushedVerdict> {
  const protectionOf = createProtections(questions(files), blobs, deadline.signal);
  const findings: Finding[] = [];
  const byAgreed: Finding[] = [];
  let covered = 0;
  for (let start = 0; start < files.length; ) {
    deadline.check();
    const sorted = await Promise.all(
      files.slice(start, start + batchFiles).map((file) => sortOut(file, protectionOf, blobs)),
    );
    start += batchFiles;
    for (const batch of batches(sorted.filter((one) => one !== null))) {
      const contents = await Promise.all(batch.map(({ file }) => blobs.read(file.oid)));
      for (const [i, one] of batch.entries()) {
        deadline.check();
        const content = contents[i]?.content;
        if (isCovered(one) && !one.file.link) covered++;
        if (content === undefined) {
          // Where what is missing was asked for at the remote too, it is missing for good, and never clean.
          if (blobs.fetches)
            throw new GitSopsError('git-object-missing', { file: one.file.path, detail: one.file.oid });
          continue;
        }
        read?.(one.file.oid, mayBeEncrypted(content));
        const { oid, foundIn } = one.file;
        const found = await judgeOne(one, content, keyring);
        findings.push(...found.map((finding) => ({ ...finding, oid, foundIn })));
        const more = (await judgeByAgreed(one, content)).filter((finding) => !found.some(isSameAs(finding)));
        byAgreed.push(...more.map((finding) => ({ ...finding, oid, foundIn })));
      }
    }
    for (let i = 0; i < sorted.length; i++) step?.();
  }
  return { files: covered, findings, byAgreed };
}

/** Which paths each state is asked about, and a commit that has the state. */
function questions(files: readonly PushedFile[]) {
  const asked = new Map<FileState, { paths: Set<GitPath>; commit: string }>();
  for (const { path, state, ends, agreed, there, foundIn } of files) {
    for (const one of [state, ...ends, ...[agreed, there].filter((other) => other !== null)]) {
      const question = asked.get(one) ?? { paths: new Set<GitPath>(), commit: foundIn.commit };
      question.paths.add(path);
      asked.set(one, question);
    }
  }
  return asked;
}

/** Null for what need not be judged; only covered files are read whatever their size. */
async function sortOut(
  file: PushedFile,
  protectionOf: (state: FileState) => Protection,
  blobs: BlobReader,
): Promise<Sorted | null> {
  const { path, state, ends, there, oid, foundIn } = file;
  const protection = protectionOf(state);
  const size = (await blobs.stat(oid))?.size ?? 0;
  if (isNeverCovered(path)) {
    if (there !== null || (size >= mostSuspectBytes && !isRequestPath(path))) return null;
    return { file, protection, rule: null, agreed: null, later: [], filtered: false, unruled: false, size };
  }
  const rule = await protection.rule(path).catch((error: unknown) => {
    throw inCommit(error, foundIn.commit);
  });
  if (there !== null) {
    const before = await protectionOf(there).rule(path).catch(quietly);
    if (rule === null || picksSame(before, rule)) return null;
  }
  const later: FoundRule[] = [];
  let filtered = await protection.filtered(path);
  let unruled = filtered && rule === null;
  for (const end of ends) {
    const other = await protectionOf(end).rule(path).catch(quietly);
    const filters = (rule === null || !filtered) && (await protectionOf(end).filtered(path));
    filtered ||= filters;
    unruled ||= filters && other === null;
    if (other !== null && !picksSame(rule, other) && !later.some((known) => picksSame(known, other))) later.push(other);
  }
  const asked = file.agreed === null ? null : await protectionOf(file.agreed).rule(path).catch(quietly);
  const agreed = asked === null || picksSame(rule, asked) ? null : asked;
  const sorted = { file, protection, rule, agreed, later, filtered, unruled, size };
  return isCovered(sorted) || size < mostSuspectBytes ? sorted : null;
}

function isCovered({ rule, agreed, later, filtered }: Sorted): boolean {
  return rule !== null || agreed !== null || later.length > 0 || filtered;
}

function picksSame(a: FoundRule | null, b: FoundRule): boolean {
  return a !== null && sameSelector(a.rule.selector, b.rule.selector);
}

function* batches(sorted: readonly Sorted[]): Generator<Sorted[]> {
  let batch: Sorted[] = [];
  let bytes = 0;
  for (const one of sorted) {
    if (batch.length > 0 && bytes + one.size > batchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += one.size;
  }
  yield batch;
}

async function judgeOne(one: Sorted, content: Uint8Array, keyring: Keyring | null): Promise<Finding[]> {
  const { file, protection, rule, later, filtered, unruled } = one;
  const { path, link } = file;
  if (!isCovered(one)) return holdsSign(content) || isRequestPath(path) ? judgeUncovered(path, content) : [];
  const findings: Finding[] = [];
  if (rule !== null && !filtered && !link) findings.push({ kind: 'missing-attribute', path, mend: 'git sops init' });
  const judged = { path, content, link, keyring, backend: nodeBackend };
  const own = await judge({ ...judged, rule: rule?.rule ?? null, recipients: protection.recipients(path) });
  findings.push(...own.filter(({ kind }) => unruled || kind !== 'plaintext-without-rule'));
  const told = new Set(findings.map(({ kind, keyPath }) => `${kind} ${keyPath}`));
  for (const other of later) {
    const found = await judge({ ...judged, rule: other.rule, keyring: null });
    findings.push(...found.filter(({ kind, keyPath }) => isLeak(kind) && !told.has(`${kind} ${keyPath}`)));
  }
  return findings;
}

async function judgeByAgreed({ file, agreed }: Sorted, content: Uint8Array): Promise<Finding[]> {
  if (agreed === null) return [];
  const { path, link } = file;
  const found = await judge({ path, content, link, rule: agreed.rule, keyring: null, backend: nodeBackend });
  return found.filter(({ kind }) => isLeak(kind)).map(byAgreedRules);
}

/** Says why it is one. */
export function byAgreedRules(finding: Finding): Finding {
  const why = 'by the rules of the default branch';
  return { ...finding, detail: finding.detail === undefined ? why : `${finding.detail} (${why})` };
}

export function isSameAs({ kind, path, keyPath }: Finding): (other: Finding) => boolean {
  return (other) => other.kind === kind && other.path === path && other.keyPath === keyPath;
}

/** Rules that cannot be read at the end of a push, or on the other side, are told of where they count. */
function quietly(error: unknown): null {
  if (error instanceof GitSopsError && error.code !== 'git-object-missing') return null;
  throw error;
}

/** Written as Git writes a file of a commit. */
function inCommit(error: unknown, commit: string): unknown {
  if (!(error instanceof GitSopsError) || error.facts.file === undefined) return error;
  return error.with({ file: `${commit.slice(0, 12)}:${error.facts.file}` });
}
