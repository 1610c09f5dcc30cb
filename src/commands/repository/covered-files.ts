import type { FoundRule } from '../../document/rule-finder.ts';
import { createRuleFinder, isNeverCovered } from '../../document/rule-finder.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { type IndexEntry, listIndex } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import type { Io } from '../io.ts';
import { filteredInWorktree } from './filtered.ts';
import { isUnder } from './under.ts';
import { worktreeReader } from './worktree-reader.ts';

/** A tracked file that a rule covers or that carries the attribute. */
export interface CoveredFile {
  readonly path: GitPath;
  /** Six octal digits, as Git writes them. */
  readonly mode: string;
  /** Of the index's blob. */
  readonly oid: string;
  readonly rule: FoundRule | null;
  readonly filtered: boolean;
}

/** Every covered file of the index at or below these paths, by the rules and attributes of the working tree. */
export async function coveredFiles(io: Io, blobs: BlobReader, under: readonly GitPath[]): Promise<CoveredFile[]> {
  const entries = (await listIndex()).filter(({ stage, path }) => stage === 0 && isUnder(path, under));
  return coveredAmong(io, blobs, entries);
}

/** The covered files that are in an unresolved conflict, each once: as we have it, else as they do, else as it was before. */
export async function filesInConflict(io: Io, blobs: BlobReader, under: readonly GitPath[]): Promise<CoveredFile[]> {
  const entries = new Map<GitPath, IndexEntry>();
  for (const entry of await listIndex()) {
    if (entry.stage === 0 || !isUnder(entry.path, under)) continue;
    const known = entries.get(entry.path);
    if (known === undefined || known.stage === 1) entries.set(entry.path, entry);
  }
  return coveredAmong(io, blobs, [...entries.values()]);
}

/** Which of these are regular files that a rule covers or that carry the attribute. */
export async function coveredAmong(
  io: Io,
  blobs: BlobReader,
  entries: readonly Pick<CoveredFile, 'path' | 'mode' | 'oid'>[],
): Promise<CoveredFile[]> {
  const regular = entries.filter(({ mode, path }) => mode.startsWith('100') && !isNeverCovered(path));
  const filtered = await filteredInWorktree(regular.map(({ path }) => path));
  const rules = createRuleFinder(worktreeReader(io.cwd, blobs));
  const covered: CoveredFile[] = [];
  for (const { path, mode, oid } of regular) {
    const rule = await rules.find(path);
    if (rule !== null || filtered.has(path)) covered.push({ path, mode, oid, rule, filtered: filtered.has(path) });
  }
  return covered;
}
