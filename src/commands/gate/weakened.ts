import { randomInt } from 'node:crypto';
import { fileMends, weakenedClauses } from '../../clauses.ts';
import { isWithin, settingsName } from '../../document/allow-list.ts';
import { parseCreationRules } from '../../document/creation-rules.ts';
import type { Finding } from '../../document/finding.ts';
import {
  createRuleFinder,
  type FoundRule,
  isNeverCovered,
  isProtection,
  type RuleFinder,
} from '../../document/rule-finder.ts';
import { compareRules, samplePaths } from '../../document/weakened-rules.ts';
import { GitSopsError } from '../../errors.ts';
import { type BlobReader, indexObject, treeObject } from '../../git/blob-reader.ts';
import { changesBetween } from '../../git/changes.ts';
import { listIndex, listTree } from '../../git/index-entries.ts';
import { listedReader } from '../../git/listed-reader.ts';
import { type GitPath, joinPaths } from '../../git/path.ts';
import { headCommit } from '../../git/revision.ts';
import { filesHolding } from '../../git/search.ts';
import { filteredPaths } from '../repository/filtered.ts';
import { addedRecipients } from './added-recipients.ts';
import { allowedBefore, readAllowList } from './allowed.ts';

/**
 * What a change does to the protection itself, rather than to a file: rules, attributes, recipients and the allow-list of its
 * end against those of its merge base.
 * @param base ids of commits or trees
 */
export async function weakenedBy(base: string, end: string, blobs: BlobReader): Promise<Finding[]> {
  const changes = await changesBetween(base, end);
  const touches = (name: RegExp) => changes.some(({ path }) => name.test(path));
  const rules = { before: rulesBefore(base, blobs), after: rulesOf(end, blobs) };
  const findings: Finding[] = [];
  if (changes.some(({ path }) => isProtection(path))) {
    const tracked = await trackedIn([base, end]);
    if (touches(/(?:^|\/)\.sops\.yaml$/i)) {
      findings.push(...(await weakenedRules(await probes(tracked, rules.before), tracked, rules)));
    }
    if (touches(/(?:^|\/)\.gitattributes$/i)) {
      const paths = joinPaths([...new Set([...tracked].flatMap((path) => [path, ...neighboursOf(path)]))]);
      const [had, has] = [await filteredPaths(paths, { tree: base }), await filteredPaths(paths, { tree: end })];
      findings.push(...lostFilters(had, has, tracked));
    }
  }
  const told = new Set(findings.filter(({ kind }) => kind === 'added-recipient').map(({ detail }) => detail));
  findings.push(...(await addedRecipients(changes, rules.before, blobs)).filter(({ detail }) => !told.has(detail)));
  if (touches(/^\.git-sops\.yaml$/)) findings.push(...(await widenedAllowList(base, end, blobs)));
  return findings;
}

/**
 * What the next commit takes from encrypted files that stay: a rule, or the filter. Whether it may is for whoever reviews it; that it does
 * is easily overlooked, and what is staged at such a path later is plaintext that no rule, or no filter, sees.
 */
export async function weakenedInIndex(blobs: BlobReader): Promise<Finding[]> {
  const head = await headCommit();
  if (head === null) return [];
  const read = async (path: GitPath) => (await blobs.read(indexObject(path)))?.content ?? null;
  const after = createRuleFinder(listedReader(read, () => listIndex()));
  const files = new Set([...(await encryptedInIndex())].filter((path) => !isNeverCovered(path)));
  const weakened = await weakenedRules(files, files, { before: rulesBefore(head, blobs), after });
  const paths = joinPaths([...files]);
  const [had, has] = await Promise.all([filteredPaths(paths, { tree: head }), filteredPaths(paths, 'index')]);
  return [...weakened.filter(({ kind }) => kind === 'weakened-rule'), ...lostFilters(had, has, files)];
}

/** All files where it cannot be told (a partial clone): one warning too many is none too few. */
async function encryptedInIndex(): Promise<Iterable<GitPath>> {
  try {
    return await filesHolding(['ENC[AES256_GCM,'], 'index');
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return (await listIndex()).map(({ path }) => path);
  }
}

/** As people write names, and other ones in each run: a pattern that keeps the names that a gate tries must not pass for one that keeps all. */
const words = ['abcdefghijklmnopqrstuvwxy', 'ABCDEFGHIJKLMNOPQRSTUVWXY'].map((letters) =>
  Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join(''),
);

export interface RulesOfBoth {
  readonly before: RuleFinder;
  readonly after: RuleFinder;
}

function rulesOf(tree: string, blobs: BlobReader): RuleFinder {
  return createRuleFinder(readerOf(tree, blobs));
}

function readerOf(tree: string, blobs: BlobReader): (path: GitPath) => Promise<Uint8Array | null> {
  return listedReader(
    async (path) => (await blobs.read(treeObject(tree, path)))?.content ?? null,
    () => listTree(tree),
  );
}

/** A `.sops.yaml` that cannot be read covered nothing that could be lost: the change that mends it must be able to pass. */
function rulesBefore(tree: string, blobs: BlobReader): RuleFinder {
  const read = readerOf(tree, blobs);
  return createRuleFinder(async (path) => {
    const source = await read(path);
    try {
      if (source !== null) await parseCreationRules(source, { bare: true });
      return source;
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      return null;
    }
  });
}

async function trackedIn(trees: readonly string[]): Promise<Set<GitPath>> {
  const lists = await Promise.all(trees.map((tree) => listTree(tree)));
  const files = lists.flat().filter(({ kind, path }) => kind === 'file' && !isNeverCovered(path));
  return new Set(files.map(({ path }) => path));
}

/** All that is lost of one rule. */
interface Loss {
  readonly rule: FoundRule;
  readonly after: FoundRule | null;
  readonly clause: string;
  readonly paths: GitPath[];
}

/** @param paths to compare the rules of, those that are tracked and maybe others */
async function weakenedRules(
  paths: ReadonlySet<GitPath>,
  tracked: ReadonlySet<GitPath>,
  { before, after }: RulesOfBoth,
): Promise<Finding[]> {
  const losses = new Map<string, Loss>();
  const added = new Map<string, Finding>();
  const compared = new Map<string, ReturnType<typeof compareRules>>();
  for (const path of paths) {
    const had = await before.find(path);
    if (had === null) continue;
    const has = await after.find(path);
    const pair = `${nameOf(had)}\n${has === null ? '' : nameOf(has)}`;
    const comparison = compared.get(pair) ?? compareRules(had.rule, has?.rule ?? null, words);
    compared.set(pair, comparison);
    const { weaker, added: recipients } = await comparison;
    for (const clause of weaker) {
      const loss = losses.get(`${pair}\n${clause}`) ?? { rule: had, after: has, clause, paths: [] };
      loss.paths.push(path);
      losses.set(`${pair}\n${clause}`, loss);
    }
    for (const recipient of recipients) {
      const { configPath = '', rule } = has ?? {};
      const mend = fileMends.whoseKey(configPath);
      const finding: Finding = { kind: 'added-recipient', path: configPath, line: rule?.line, detail: recipient, mend };
      added.set(`${configPath}\n${recipient}`, added.get(`${configPath}\n${recipient}`) ?? finding);
    }
  }
  const weakened = [...losses.values()].map((loss) => weakenedFinding(loss, tracked));
  return [...weakened, ...added.values()];
}

function weakenedFinding({ rule, after, clause, paths }: Loss, tracked: ReadonlySet<GitPath>): Finding {
  const real = paths.filter((path) => tracked.has(path));
  const areTracked = real.length > 0;
  return {
    kind: 'weakened-rule',
    path: after?.configPath ?? rule.configPath,
    line: after?.rule.line,
    detail: weakenedClauses.rule(rule.rule.pathRegex, areTracked ? real : paths, areTracked, clause),
    mend: fileMends.ruleBack(rule.configPath),
  };
}

/** Tracked paths, neighbours of theirs that may come, and paths made up from the patterns of the rules. */
async function probes(tracked: ReadonlySet<GitPath>, before: RuleFinder): Promise<Set<GitPath>> {
  const paths = new Set(tracked);
  for (const path of tracked) for (const neighbour of neighboursOf(path)) paths.add(neighbour);
  const seen = new Set<string>();
  const folders = new Set(['', ...[...tracked].map((path) => path.slice(0, path.lastIndexOf('/') + 1))]);
  for (const folder of folders) {
    for (const { configPath, rules } of await before.above(`${folder}zq`)) {
      if (seen.has(configPath)) continue;
      seen.add(configPath);
      const start = configPath.slice(0, configPath.lastIndexOf('/') + 1);
      for (const rule of rules ?? []) for (const sample of await samplePaths(rule, start, words)) paths.add(sample);
    }
  }
  return paths;
}

/** A file beside this one with another name, and one with the same ending. */
function neighboursOf(path: GitPath): GitPath[] {
  const slash = path.lastIndexOf('/') + 1;
  const dot = path.indexOf('.', slash + 1);
  return [`${path.slice(0, slash)}zq${dot < 0 ? '' : path.slice(dot)}`];
}

function nameOf({ configPath, rule }: FoundRule): string {
  return `${configPath} ${rule.index}`;
}

/** One finding with an example, whatever lines of `.gitattributes` it was. @param had what carried the attribute */
function lostFilters(had: ReadonlySet<GitPath>, has: ReadonlySet<GitPath>, tracked: ReadonlySet<GitPath>): Finding[] {
  const lost = [...had].filter((path) => !has.has(path));
  if (lost.length === 0) return [];
  const real = lost.filter((path) => tracked.has(path));
  const areTracked = real.length > 0;
  const detail = weakenedClauses.attribute(areTracked ? real : lost, areTracked);
  return [{ kind: 'weakened-attribute', path: '.gitattributes', detail, mend: 'git sops init' }];
}

async function widenedAllowList(base: string, end: string, blobs: BlobReader): Promise<Finding[]> {
  const read = (tree: string) => async (path: GitPath) => (await blobs.read(treeObject(tree, path)))?.content ?? null;
  const [before, after] = await Promise.all([allowedBefore(read(base)), readAllowList(read(end))]);
  return after
    .filter((entry) => !before.some((old) => isWithin(entry, old)))
    .map(({ path, kinds, line, reason }) => ({
      kind: 'weakened-allow-list',
      path: settingsName,
      line,
      detail: `${kinds.join(', ')} at ${path} (${reason})`,
      mend: `git log -p -- ${settingsName}`,
    }));
}
