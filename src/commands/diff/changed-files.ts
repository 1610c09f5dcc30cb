import { isNeverCovered, type RuleFinder } from '../../document/rule-finder.ts';
import { mayBeEncrypted } from '../../document/sops-file.ts';
import type { AskedChange, AskedSide } from '../../git/asked-diff.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { readWorkFile } from '../../git/work-file.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { filteredInWorktree } from '../repository/filtered.ts';
import { hasCrlf, toLf } from '../repository/line-ends.ts';
import { convertsLineEnds } from '../repository/line-ends-of.ts';
import { compareFile, type Source } from './compare-file.ts';
import type { FileDiff } from './report.ts';

export interface Sources {
  /** Of the working tree. */
  readonly top: string;
  readonly blobs: BlobReader;
  readonly rules: RuleFinder;
  readonly keyring: Keyring;
}

const words = {
  A: 'added',
  C: 'copied',
  D: 'removed',
  M: 'changed',
  R: 'renamed',
  T: 'changed',
  U: 'changed',
} as const;

/** The changes that concern secrets: covered files, and whatever is encrypted on either side. */
export async function diffFiles(changes: readonly AskedChange[], sources: Sources): Promise<FileDiff[]> {
  const files = changes.filter(({ status, path, before, after }) => {
    return !isNeverCovered(path) && (status === 'U' || before?.kind === 'file' || after?.kind === 'file');
  });
  const filtered = await filteredInWorktree(files.map(({ path }) => path));
  const inConflict = new Set(files.filter(({ status }) => status === 'U').map(({ path }) => path));
  const compared = new Set(files.filter(({ status }) => status !== 'U').map(({ path }) => path));
  const diffs: FileDiff[] = [];
  for (const change of files) {
    const { status, path, from } = change;
    // Git lists a conflict first by itself, then as the working file against our side.
    if (status === 'U' && compared.has(path)) continue;
    const rule = (await sources.rules.find(path))?.rule.selector ?? null;
    const isCovered = rule !== null || filtered.has(path);
    const conflict = inConflict.has(path);
    if (status === 'U') {
      if (isCovered) diffs.push({ status: 'changed', path, from, mode: null, conflict, content: null });
      continue;
    }
    const before = await sourceOf(change.before, from, sources);
    const after = await sourceOf(change.after, path, sources);
    if (!isCovered && ![before, after].some(({ content }) => content !== null && mayBeEncrypted(content))) continue;
    const mode = modeChange(change);
    const content = await compareFile(before, after, rule, sources.keyring);
    if (content === null && mode === null && !conflict) continue;
    diffs.push({ status: words[status], path, from, mode, conflict, content });
  }
  return diffs;
}

async function sourceOf(side: AskedSide | null, path: GitPath, { top, blobs }: Sources): Promise<Source> {
  const working = side !== null && side.oid === null;
  if (side === null || side.kind !== 'file') return { path, content: null, working };
  if (side.oid !== null) return { path, content: (await blobs.read(side.oid))?.content ?? null, working };
  const content = readWorkFile(top, path)?.content ?? null;
  return { path, content: content === null ? null : await asStored(path, content), working };
}

/** The line ends that Git stores, where it converts them. */
export async function asStored(path: GitPath, content: Uint8Array): Promise<Uint8Array> {
  return hasCrlf(content) && (await convertsLineEnds(path)) ? toLf(content) : content;
}

function modeChange({ before, after }: AskedChange): FileDiff['mode'] {
  if (before === null || after === null || before.mode === after.mode) return null;
  return { before: before.mode, after: after.mode };
}
