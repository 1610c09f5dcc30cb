import { GitSopsError } from '../../errors.ts';
import { filterAttributes } from '../../git/attributes.ts';
import { holdIndex, requireEntries } from '../../git/hold-index.ts';
import type { IndexEntry } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { refreshIndex } from '../../git/refresh-index.ts';
import { type Staging, stageBlobs } from '../../git/stage-blobs.ts';
import { readWorkFile, removeWorkFile, requireAsBefore, writeWorkFileOver } from '../../git/work-file.ts';
import { setUpAlone } from '../init.ts';
import type { Io } from '../io.ts';
import { filteredInWorktree } from '../repository/filtered.ts';
import { unlessInterrupted } from './interruption.ts';
import type { MigratePlan } from './migrate-plan.ts';
import { rememberSetUp } from './undo-set-up.ts';

/**
 * First the working tree's few files and the set-up, which can be put back; then the index, in one step. What fails before that, or
 * is interrupted, leaves all as it was.
 * @param before the index as it was when the plan was made
 * @throws GitSopsError `file-changed-meanwhile` where a file or an entry is another one by now
 */
export async function carryOut(
  plan: MigratePlan,
  stagings: readonly Staging[],
  before: readonly IndexEntry[],
  io: Io,
): Promise<void> {
  await unlessInterrupted(
    async (check) => {
      // The index last, when Git asks the old filter again.
      const written: GitPath[] = [];
      const undo = [await rememberSetUp(io), () => putBack(plan, written, io)];
      try {
        await setUp(plan, written, io, check);
        const files = [...plan.files.keys()].map((path): Staging => {
          return { path, mode: '100644', blob: readWorkFile(io.cwd, path)?.content ?? null };
        });
        const all = [...stagings, ...files];
        const entries = new Map(before.map((entry) => [entry.path, entry]));
        check();
        await holdIndex({ cwd: io.cwd }, async (held) => {
          await requireEntries(new Map(all.map(({ path }) => [path, entries.get(path) ?? null])), held);
          await stageBlobs(all, held);
        });
      } catch (error) {
        await takeBack(undo, io);
        throw error;
      }
    },
    (error) => io.report(error),
  );
  // All is done, whatever comes now.
  for (const { path, blob } of stagings) if (blob === null) await removeWorkFile(io.cwd, path).catch(() => {});
  const kept = stagings.filter(({ blob }) => blob !== null).map(({ path }) => path);
  await refreshIndex([...kept, ...plan.files.keys()]);
}

/** @param written gets what was, for who takes it back */
async function setUp(plan: MigratePlan, written: GitPath[], io: Io, check: () => void): Promise<void> {
  for (const [path, bytes] of plan.files) {
    check();
    await writeWorkFileOver(io.cwd, path, plan.before.get(path) ?? null, bytes);
    written.push(path);
  }
  const paths = plan.setup.files.map(({ path }) => path);
  const filtered = await filteredInWorktree(paths);
  const without = paths.find((path) => !filtered.has(path));
  // The user's own attributes and info/attributes win over ours.
  if (without !== undefined) throw new GitSopsError('attribute-overridden', { file: without });
  // Without the other tool's filter they would be stored as plaintext.
  const old = await filterAttributes(plan.left);
  const lost = plan.left.find(
    (path) => plan.setup.filters.length > 0 && !plan.setup.filters.includes(old.get(path)?.filter ?? ''),
  );
  if (lost !== undefined) throw new GitSopsError('attribute-overridden', { file: lost });
  check();
  const code = await setUpAlone({ ...io, stdout: io.stderr }, new Set(paths));
  check();
  if (code !== 0) throw new GitSopsError('git-failed', { detail: 'git sops init', other: `exit code ${code}` });
}

/** @throws GitSopsError `file-changed-meanwhile` where somebody worked on one of them since */
async function putBack({ files, before }: MigratePlan, written: readonly GitPath[], io: Io): Promise<void> {
  for (const path of written) {
    const ours = files.get(path) ?? null;
    const content = before.get(path) ?? null;
    if (content !== null) await writeWorkFileOver(io.cwd, path, ours, content);
    else {
      requireAsBefore(io.cwd, path, ours);
      await removeWorkFile(io.cwd, path);
    }
  }
}

/** Each, whatever becomes of the others. */
async function takeBack(undo: readonly (() => Promise<void>)[], io: Io): Promise<void> {
  for (const step of undo) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      io.report(error);
    }
  }
}
