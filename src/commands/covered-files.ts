import type { FoundRule } from '../document/rule-finder.ts';
import { createRuleFinder, isNeverCovered } from '../document/rule-finder.ts';
import type { BlobReader } from '../git/blob-reader.ts';
import { listIndex } from '../git/index-entries.ts';
import type { GitPath } from '../git/path.ts';
import type { Io } from './io.ts';
import { filteredInWorktree } from './snapshots.ts';
import { isUnder } from './under.ts';
import { worktreeReader } from './worktree-reader.ts';

/** A tracked file that a rule covers or that carries the attribute. */
export interface CoveredFile {
  readonly path: GitPath;
  /** Of the index's blob. */
  readonly oid: string;
  readonly rule: FoundRule | null;
  readonly filtered: boolean;
}

/** Every covered file of the index at or below these paths, by the rules and attributes of the working tree. */
export async function coveredFiles(io: Io, blobs: BlobReader, under: readonly GitPath[]): Promise<CoveredFile[]> {
  const entries = (await listIndex()).filter(
    ({ stage, mode, path }) => stage === 0 && mode.startsWith('100') && !isNeverCovered(path) && isUnder(path, under),
  );
  const filtered = await filteredInWorktree(entries.map(({ path }) => path));
  const rules = createRuleFinder(worktreeReader(io.cwd, blobs));
  const covered: CoveredFile[] = [];
  for (const { path, oid } of entries) {
    const rule = await rules.find(path);
    if (rule !== null || filtered.has(path)) covered.push({ path, oid, rule, filtered: filtered.has(path) });
  }
  return covered;
}
