import { nodeBackend } from '../crypto/node-backend.ts';
import type { CreationRule } from '../document/creation-rule.ts';
import type { Finding } from '../document/finding.ts';
import { judge } from '../document/judge.ts';
import { createRuleFinder, isNeverCovered } from '../document/rule-finder.ts';
import type { GitPath } from '../git/path.ts';
import type { Keyring } from '../keys/keyring.ts';
import { shellQuote } from './shell-quote.ts';

/** A file that may be covered, as a snapshot has it. */
export interface Candidate {
  readonly path: GitPath;
  /** Six octal digits, as Git writes them. */
  readonly mode: string;
  readonly oid: string;
}

/** An index, a tree or a working tree: where rules, attributes and contents come from. */
export interface Snapshot {
  readonly candidates: readonly Candidate[];
  /** Paths with conflict stages; they are findings by themselves where they are covered. */
  readonly unmerged: readonly GitPath[];
  /** A file of this very snapshot by its path, or null. */
  read(path: GitPath): Promise<Uint8Array | null>;
  /** The content of a candidate; null where it is missing (a partial clone). */
  content(candidate: Candidate): Promise<Uint8Array | null>;
  /** Which of these paths carry `filter=sops`. */
  filtered(paths: readonly GitPath[]): Promise<ReadonlySet<GitPath>>;
}

export interface Verdict {
  /** How many files were judged. */
  readonly files: number;
  readonly findings: Finding[];
}

/**
 * Judges every covered file of a snapshot: those that a rule covers, and those that carry the attribute.
 * @throws GitSopsError for rules that cannot be read: nobody can tell what is covered then.
 */
export async function judgeSnapshot(snapshot: Snapshot, keyring: Keyring): Promise<Verdict> {
  const rules = createRuleFinder((path) => snapshot.read(path));
  const regular = snapshot.candidates.filter(({ mode, path }) => mode.startsWith('100') && !isNeverCovered(path));
  const paths = [...regular.map(({ path }) => path), ...snapshot.unmerged];
  const filtered = await snapshot.filtered(paths);
  const ruleOf = new Map<GitPath, CreationRule>();
  for (const path of paths) {
    const found = await rules.find(path);
    if (found !== null) ruleOf.set(path, found.rule);
  }

  const findings: Finding[] = [];
  let files = 0;
  for (const path of new Set(snapshot.unmerged)) {
    if (!ruleOf.has(path) && !filtered.has(path)) continue;
    findings.push({ kind: 'unresolved-conflict', path, mend: `resolve it, then git add -- ${shellQuote(path)}` });
  }
  for (const candidate of regular) {
    const { path } = candidate;
    const rule = ruleOf.get(path) ?? null;
    if (rule === null && !filtered.has(path)) continue;
    files++;
    if (!filtered.has(path)) findings.push({ kind: 'missing-attribute', path, mend: 'git sops init' });
    const content = await snapshot.content(candidate);
    if (content === null) continue;
    findings.push(...(await judge({ path, content, rule, keyring, backend: nodeBackend })));
  }
  return { files, findings };
}
