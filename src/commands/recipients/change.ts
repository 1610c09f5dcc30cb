import { nodeBackend } from '../../crypto/node-backend.ts';
import { type Opened, openFile } from '../../document/open.ts';
import { createRuleFinder, type RuleFinder } from '../../document/rule-finder.ts';
import { readSopsFile } from '../../document/sops-file.ts';
import { unlock } from '../../document/unlock.ts';
import { GitSopsError } from '../../errors.ts';
import { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { recipientsOf } from '../../keys/key-group.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Io } from '../io.ts';
import { atTop } from '../repository/at-top.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { Progress } from '../sops/progress.ts';
import { openSession } from '../sops/session.ts';
import type { ChosenRules } from './chosen-rules.ts';
import { requireCommitReady } from './commit-ready.ts';
import { type CoveredSecret, coveredSecrets, isUnderRules, refuseConflicts, type Secrets } from './covered-secrets.ts';
import { hasChanges, render } from './render.ts';
import type { ChangedFile, ChangedRule, Report, ReportFormat } from './report.ts';
import { type RuleFile, ruleFiles } from './rule-files.ts';
import { type Edit, StagedStep } from './staged-step.ts';

/** The repository as a change of recipients finds it. */
export interface Repo {
  readonly io: Io;
  /** A path as it was typed, from the top. */
  path(given: string): GitPath;
  readonly blobs: BlobReader;
  readonly keyring: Keyring;
  readonly rules: readonly RuleFile[];
  readonly secrets: Secrets;
}

/**
 * @param typed recipients that the user named
 * @throws GitSopsError `no-team-rules` where there are no rules to change
 */
export async function withRepo(
  outer: Io,
  work: (repo: Repo) => Promise<number>,
  typed: readonly string[] = [],
): Promise<number> {
  const { io, path } = await atTop(outer);
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const rules = await ruleFiles(io.cwd, blobs);
    if (rules.length === 0) throw new GitSopsError('no-team-rules');
    const { keyring } = openSession(io, {}, { about: 'repository', typed });
    const secrets = await coveredSecrets(io, blobs);
    return await work({ io, path, blobs, keyring, rules, secrets });
  } finally {
    await blobs.close();
  }
}

/** Changes a `.sops.yaml`; the same bytes where there is nothing to change. */
export type RuleEdit = (source: Uint8Array, rules: ReadonlySet<number>, file: RuleFile) => Promise<Uint8Array>;

export interface Rekey {
  readonly change: ChangedFile['change'];
  /** The file's new blob; null where it needs none. @param rules as they are afterwards */
  rekey(file: CoveredSecret, open: () => Promise<Opened>, rules: RuleFinder): Promise<Uint8Array | null>;
}

interface Changed {
  readonly edits: Edit[];
  readonly rules: ChangedRule[];
  readonly files: ChangedFile[];
}

/** Makes all that changes, rules and files, and writes none of it: what cannot be made for one is not begun for any. */
export async function prepare(
  repo: Repo,
  chosen: ChosenRules,
  edit: RuleEdit,
  { change, rekey }: Rekey,
  isConcerned: (file: CoveredSecret) => boolean = (file) => isUnderRules(file, chosen),
): Promise<Changed> {
  const { io, blobs, keyring, secrets } = repo;
  const edits: Edit[] = [];
  const rules: ChangedRule[] = [];
  const sources = new Map<GitPath, Uint8Array>();
  for (const file of repo.rules) {
    const indexes = chosen.get(file.path);
    if (indexes === undefined) continue;
    const content = await edit(file.source, indexes, file).catch((error: unknown) => {
      throw error instanceof GitSopsError ? error.with({ file: file.path }) : error;
    });
    if (content === file.source) continue;
    sources.set(file.path, content);
    edits.push({ path: file.path, content, isSecret: false });
  }
  const read = worktreeReader(io.cwd, blobs);
  const before = createRuleFinder(read);
  await refuseConflicts(async (path) => isUnderRules({ rule: await before.find(path) }, chosen));
  const after = createRuleFinder(async (path) => sources.get(path) ?? (await read(path)));
  for (const file of repo.rules) {
    const changed = await changedRules(file, sources.get(file.path));
    rules.push(...changed);
  }
  const files: ChangedFile[] = [];
  const concerned = secrets.encrypted.filter(isConcerned);
  const bar = new Progress(concerned.length, io);
  try {
    for (const file of concerned) {
      const content = await rekey(file, () => opened(file, keyring), after).catch((error: unknown) => {
        throw error instanceof GitSopsError ? error.with({ file: error.facts.file ?? file.path }) : error;
      });
      bar.step();
      if (content === null) continue;
      await requireCommitReady(file.path, content, after);
      edits.push({ path: file.path, content, isSecret: true });
      files.push({ path: file.path, change, ...(await comesAndGoes(file, content)) });
    }
  } finally {
    bar.clear();
  }
  return { edits, rules, files };
}

/** Stages and writes, unless that is only asked about, and says what it did. */
export async function finish(report: Report, edits: readonly Edit[], format: ReportFormat, io: Io): Promise<number> {
  const step = await StagedStep.open(io);
  for (const edit of edits) await step.add(edit);
  if (!report.dryRun && hasChanges(report)) await step.carryOut();
  io.stdout.write(render(report, format));
  return 0;
}

async function opened({ sops, path }: CoveredSecret, keyring: Keyring): Promise<Opened> {
  try {
    return openFile(sops, await unlock(sops, keyring), nodeBackend);
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file: path }) : error;
  }
}

async function changedRules(file: RuleFile, content: Uint8Array | undefined): Promise<ChangedRule[]> {
  if (content === undefined) return [];
  const { parseCreationRules } = await import('../../document/creation-rules.ts');
  const { rules } = await parseCreationRules(content);
  return (rules ?? []).flatMap(({ groups, line, pathRegex, index }) => {
    const had = file.rules[index]?.groups;
    return JSON.stringify(had) === JSON.stringify(groups) ? [] : [{ path: file.path, line, pathRegex }];
  });
}

async function comesAndGoes({ path, sops }: CoveredSecret, content: Uint8Array) {
  const had = recipientsOf(sops.metadata.keyGroups);
  const has = recipientsOf((await readSopsFile(path, content))?.metadata.keyGroups ?? []);
  return { added: has.filter((one) => !had.includes(one)), removed: had.filter((one) => !has.includes(one)) };
}
