import { nodeBackend } from '../crypto/node-backend.ts';
import { hasConflictMarkers } from '../document/conflict-markers.ts';
import { type MergedBlob, mergeBlobs } from '../document/merge/merge-blobs.ts';
import { createRuleFinder } from '../document/rule-finder.ts';
import { isConflictBlob, mayBeEncrypted } from '../document/sops-file.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { holdIndex } from '../git/hold-index.ts';
import { type IndexEntry, listIndex } from '../git/index-entries.ts';
import type { GitPath } from '../git/path.ts';
import { runGit, type SpawnGitOptions } from '../git/run.ts';
import { stageBlobs } from '../git/stage-blobs.ts';
import { readWorkFile, writeWorkFileOver } from '../git/work-file.ts';
import type { Keyring } from '../keys/keyring.ts';
import { quotePath } from '../quote.ts';
import type { Io } from './io.ts';
import { markerStyle } from './merge/merge-files.ts';
import { findVersions } from './merge/merge-versions.ts';
import { atTop } from './repository/at-top.ts';
import { filteredInWorktree } from './repository/filtered.ts';
import { openKeyring } from './repository/keyring.ts';
import { worktreeReader } from './repository/worktree-reader.ts';
import { filtersHere, lockedHere } from './set-up/set-up.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'mergetool',
  summary: 'merge again, by values, a file that a merge by lines left with conflict markers among its ciphertexts',
  operands: 'FILE…',
  options: {
    ours: { type: 'boolean', help: 'where both sides changed a value, take ours' },
    theirs: { type: 'boolean', help: 'where both sides changed a value, take theirs' },
  },
  examples: [
    ['git sops mergetool secrets/db.yaml', 'after a git merge without the merge driver, or a committed conflict'],
  ],
} as const;

/** A clean result is staged; a conflict is left in the working file, in plaintext, for `git add` to take when it is resolved. */
export async function mergetool(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { ours, theirs } = parsed.values;
  if (parsed.operands.length === 0 || (ours && theirs)) {
    const detail = ours && theirs ? 'mergetool takes --ours or --theirs, not both' : 'mergetool takes files';
    throw new GitSopsError('wrong-use', { detail, other: 'git sops mergetool --help' });
  }
  const favour = ours ? 'ours' : theirs ? 'theirs' : null;
  const { io, path } = await atTop(outer);
  const keyring = openKeyring(io);
  const blobs = new BlobReader({ lazyFetch: true });
  let worst = 0;
  try {
    for (const operand of parsed.operands) {
      const file = path(operand);
      try {
        worst = Math.max(worst, await repair(file, favour, blobs, keyring, io));
      } catch (error) {
        if (!(error instanceof GitSopsError)) throw error;
        worst = Math.max(worst, io.report(error.facts.file === undefined ? error.with({ file }) : error));
      }
    }
    return worst;
  } finally {
    await blobs.close();
  }
}

async function repair(
  path: GitPath,
  favour: 'ours' | 'theirs' | null,
  blobs: BlobReader,
  keyring: Keyring,
  io: Io,
): Promise<number> {
  const staged = JSON.stringify(await stagesOf(path));
  const content = readWorkFile(io.cwd, path)?.content ?? null;
  const versions = await findVersions(path, content ?? new Uint8Array(), blobs, keyring, nodeBackend);
  const rules = createRuleFinder(worktreeReader(io.cwd, blobs));
  const merge = (onConflict: Parameters<typeof mergeBlobs>[0]['onConflict']) =>
    mergeBlobs({
      ...versions,
      path,
      onConflict,
      rule: async () => (await rules.find(path))?.rule ?? null,
      keyring,
      backend: nodeBackend,
      now: io.now,
    });
  const merged = await merge(favour ?? (() => markerStyle(7, ['base', 'ours', 'theirs'])));
  if (merged.why !== null) throw merged.why;
  const shownMerge = favour === null ? merged : await merge(() => markerStyle(7, ['base', 'ours', 'theirs']));
  // A whole side that is staged is in a commit as well: nothing is lost with it.
  const isKept = versions.source === 'resolved' && (await isAsStaged(path));
  if (content !== null && !isKept && !isReplaceable(content, versions, [merged, shownMerge]))
    throw new GitSopsError('unsaved-resolution', { file: path });

  const isShown = await showsPlaintext(path);
  const shown = quotePath(path);
  if (merged.conflict && favour === null && !isShown) throw new GitSopsError('conflict-behind-lock', { file: path });
  const result = isShown && merged.plaintext !== null ? merged.plaintext : merged.blob;
  const write = () => writeWorkFileOver(io.cwd, path, content, result);
  if (merged.conflict && favour === null) {
    await write();
    io.stdout.write(`${shown} has conflicts, in plaintext now: resolve them, then git add -- ${shown}\n`);
    return 1;
  }
  await holdIndex({ cwd: io.cwd }, async (held) => {
    const now = await stagesOf(path, held);
    if (JSON.stringify(now) !== staged) throw new GitSopsError('file-changed-meanwhile', { file: path });
    await stageBlobs([{ path, mode: now[0]?.mode ?? '100644', blob: merged.blob }], held);
    await write();
  });
  io.stdout.write(`merged and staged ${shown}\n`);
  return 0;
}

async function stagesOf(path: GitPath, options: SpawnGitOptions = {}): Promise<IndexEntry[]> {
  return (await listIndex(options)).filter((entry) => entry.path === path);
}

/** What a merge left is made anew; what somebody has worked on since then is not. */
function isReplaceable(
  content: Uint8Array,
  { ours, theirs }: { ours: Uint8Array; theirs: Uint8Array },
  merged: readonly MergedBlob[],
): boolean {
  if (mayBeEncrypted(content)) {
    return hasConflictMarkers(content) || isConflictBlob(content) || isOneOf(content, [ours, theirs]);
  }
  const known = merged.flatMap(({ plaintext }) => (plaintext === null ? [] : [withoutLabels(plaintext)]));
  return isOneOf(withoutLabels(content), known);
}

async function isAsStaged(path: GitPath): Promise<boolean> {
  const { code } = await runGit(['diff', '--quiet', '--', path], { okCodes: [0, 1] });
  return code === 0;
}

/** Git calls the sides by other names than we do, and may write longer markers. */
function withoutLabels(content: Uint8Array): Uint8Array {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  return Buffer.from(text.replace(/^([<|>])\1{6,} .*$/gm, '$1').replace(/^={7,}$/gm, '='), 'latin1');
}

function isOneOf(content: Uint8Array, others: readonly Uint8Array[]): boolean {
  return others.some((other) => Buffer.compare(content, other) === 0);
}

/** Whether `git add` would encrypt what is written there: only then may it be plaintext. */
async function showsPlaintext(path: GitPath): Promise<boolean> {
  if (!(await filteredInWorktree([path])).has(path) || (await lockedHere())) return false;
  return filtersHere();
}
