import { nodeBackend } from '../../crypto/node-backend.ts';
import { askOnce } from '../../document/ask-once.ts';
import type { CreationRule } from '../../document/creation-rule.ts';
import { type Finding, isLeak } from '../../document/finding.ts';
import { isRequestPath } from '../../document/join-request.ts';
import { type Judged, judgeMany, judgeUncovered } from '../../document/judge.ts';
import { createRuleFinder, isNeverCovered, isRulesPath } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { shellPath } from '../../quote.ts';
import { EmptyRules } from './empty-rules.ts';
import { recipientRecord } from './recipient-record.ts';

/** A file that may be covered, as a snapshot has it. */
export interface Candidate {
  readonly path: GitPath;
  /** Six octal digits, as Git writes them. */
  readonly mode: string;
  /** Empty for a working file. */
  readonly oid: string;
}

/** An index, a tree or a working tree: where rules, attributes and contents come from. */
export interface Snapshot {
  readonly candidates: readonly Candidate[];
  /** Whether the candidates are all that there is, rather than what a change brings. */
  readonly whole: boolean;
  /** Paths with conflict stages; they are findings by themselves where they are covered. */
  readonly unmerged: readonly GitPath[];
  /** A file of this very snapshot by its path, or null. */
  read(path: GitPath): Promise<Uint8Array | null>;
  /** The content of a candidate; null where it is missing (a partial clone). */
  content(candidate: Candidate): Promise<Uint8Array | null>;
  /** The contents of many candidates, in their order, as they come; each is good until the next are asked for. */
  contents?(candidates: readonly Candidate[]): AsyncIterable<readonly (Uint8Array | null)[]>;
  /** Which of these paths carry `filter=sops`. */
  filtered(paths: readonly GitPath[]): Promise<ReadonlySet<GitPath>>;
  /** Which of these files may hold a private key or sops metadata and are uncovered: all others need not be read. */
  suspects(files: readonly Candidate[], uncovered: () => Promise<(path: GitPath) => boolean>): Promise<Candidate[]>;
  /** Where a broken candidate can be taken from again, where that is known: HEAD, of what the next commit changes. */
  readonly good?: 'HEAD';
  /** What a change takes out of encryption, where the snapshot is one. */
  left?(isCovered: (path: GitPath) => boolean, keyring: Keyring | null): Promise<Finding[]>;
  /** Earlier versions of a file of this snapshot, in history. */
  earlier(path: GitPath): Promise<readonly Uint8Array[]>;
}

export interface Verdict {
  /** How many files were judged. */
  readonly files: number;
  readonly findings: Finding[];
}

/**
 * Judges every covered file of a snapshot: those that a rule covers, and those that carry the attribute. Of the others,
 * those that look as if they should not be there in the clear, or as if they were meant to be covered.
 * @throws GitSopsError for rules that cannot be read: nobody can tell what is covered then.
 */
export async function judgeSnapshot(snapshot: Snapshot, keyring: Keyring | null): Promise<Verdict> {
  // With no version of its own it would read as a file that is not there, whose rules cover nothing.
  const inConflict = snapshot.unmerged.find(isRulesPath);
  if (inConflict !== undefined) throw new GitSopsError('rules-in-conflict', { file: inConflict });
  const rules = createRuleFinder((path) => snapshot.read(path));
  // There may be very many files of no interest: this looks at each once.
  const files: Candidate[] = [];
  const requests: Candidate[] = [];
  for (const candidate of snapshot.candidates) {
    if (isRequestPath(candidate.path)) requests.push(candidate);
    if (candidate.mode.startsWith('100')) files.push(candidate);
  }
  // Git searches, and looks attributes up, while what the rules cover is judged here.
  const paths = files.map(({ path }) => path).concat(snapshot.unmerged);
  const asked = snapshot.filtered(paths);
  asked.catch(() => {});
  const byRule = await coveredByRule(files, paths, rules);
  const { ruleOf } = byRule;
  const sorting = asked.then((filtered) => sortOut(files, byRule, filtered));
  sorting.catch(() => {});
  const suspects = snapshot.suspects(files, async () => {
    const covered = await sorting;
    return (path) => (!isCovered(covered, path) || isNeverCovered(path)) && !isRequestPath(path);
  });
  suspects.catch(() => {});

  const opener = keyring === null ? null : askOnce(keyring);
  const empty = new EmptyRules();
  const judgedAs = (path: GitPath, content: Uint8Array): Judged => {
    const rule = ruleOf.get(path) ?? null;
    return {
      path,
      content,
      rule,
      keyring: opener,
      backend: nodeBackend,
      good: snapshot.good,
      recipients: recipientRecord(path, rules, snapshot),
      picked: (values) => empty.count(rule, values),
    };
  };
  /** What is wrong with each of these files. */
  const found = new Map<Candidate, Finding[]>();
  const judge = async (candidates: readonly Candidate[]) => {
    let next = 0;
    for await (const contents of (snapshot.contents ?? oneByOne(snapshot))(candidates)) {
      const batch = contents.map((content) => ({ candidate: candidates[next++] as Candidate, content }));
      const read = batch.flatMap(({ candidate: { path }, content }) =>
        content === null ? [] : [judgedAs(path, content)],
      );
      const its = await judgeMany(read);
      for (const { candidate, content } of batch) {
        if (content === null) continue;
        const { path } = candidate;
        const more = ruleOf.has(path)
          ? []
          : (await judgeUncovered(path, content)).filter(({ kind }) => kind === 'no-rule');
        found.set(candidate, [...(its.shift() ?? []), ...more]);
      }
    }
  };
  await judge(byRule.files);
  const covered = await sorting;
  const { filtered, judged } = covered;
  await judge(judged.filter(({ path }) => !ruleOf.has(path)));

  const findings: Finding[] = [];
  for (const path of new Set(snapshot.unmerged)) {
    if (!isCovered(covered, path)) continue;
    findings.push({ kind: 'unresolved-conflict', path, mend: `resolve it, then git add -- ${shellPath(path)}` });
  }
  for (const candidate of judged) {
    const { path, oid } = candidate;
    if (!filtered.has(path)) findings.push({ kind: 'missing-attribute', path, mend: 'git sops init' });
    for (const finding of found.get(candidate) ?? []) findings.push({ ...finding, oid: oid === '' ? undefined : oid });
  }
  if (snapshot.whole) findings.push(...empty.findings());
  for (const candidate of [...requests, ...(await suspects)]) {
    const content = await snapshot.content(candidate);
    if (content === null) continue;
    const oid = candidate.oid === '' ? undefined : candidate.oid;
    for (const finding of await judgeUncovered(candidate.path, content)) findings.push({ ...finding, oid });
  }
  const told = new Set(findings.filter(({ kind }) => isLeak(kind)).map(({ path }) => path));
  const left = (await snapshot.left?.((path) => ruleOf.has(path), keyring)) ?? [];
  findings.push(...left.filter(({ path }) => !told.has(path)));
  return { files: judged.length, findings };
}

/** So many are asked for before the first is judged, so that nobody waits for Git and back. */
const ahead = 32;

function oneByOne({ content }: Snapshot): NonNullable<Snapshot['contents']> {
  return async function* (candidates) {
    const ask = (start: number) => {
      // In pieces: what is asked for together is written and answered together.
      const asked = Promise.all(candidates.slice(start, start + ahead).map(content));
      // Whoever waits for it is told.
      asked.catch(() => {});
      return asked;
    };
    let asked = ask(0);
    for (let start = 0; start < candidates.length; start += ahead) {
      const contents = asked;
      asked = ask(start + ahead);
      yield await contents;
    }
  };
}

interface CoveredByRule {
  readonly ruleOf: ReadonlyMap<GitPath, CreationRule>;
  readonly files: readonly Candidate[];
}

interface Covered extends Pick<CoveredByRule, 'ruleOf'> {
  readonly filtered: ReadonlySet<GitPath>;
  /** The files that a rule covers, and those that carry the attribute. */
  readonly judged: readonly Candidate[];
}

/** @param paths those of the files, and of what is in conflict */
async function coveredByRule(
  files: readonly Candidate[],
  paths: readonly GitPath[],
  rules: ReturnType<typeof createRuleFinder>,
): Promise<CoveredByRule> {
  const ruleOf = new Map<GitPath, CreationRule>();
  const covered: Candidate[] = [];
  for (const [i, { rule }] of await rules.findAll(paths)) {
    ruleOf.set(paths[i] as GitPath, rule);
    const file = files[i];
    if (file !== undefined) covered.push(file);
  }
  return { ruleOf, files: covered };
}

function sortOut(
  files: readonly Candidate[],
  { ruleOf, files: covered }: CoveredByRule,
  filtered: ReadonlySet<GitPath>,
): Covered {
  if ([...filtered].every((path) => ruleOf.has(path))) return { ruleOf, filtered, judged: covered };
  const isJudged = (path: GitPath) => (ruleOf.has(path) || filtered.has(path)) && !isNeverCovered(path);
  return { ruleOf, filtered, judged: files.filter(({ path }) => isJudged(path)) };
}

function isCovered({ ruleOf, filtered }: Pick<Covered, 'ruleOf' | 'filtered'>, path: GitPath): boolean {
  return ruleOf.has(path) || filtered.has(path);
}
