import { nodeBackend } from '../crypto/node-backend.ts';
import { smudgeFile } from '../document/smudge.ts';
import { mayBeEncrypted, readSopsFile } from '../document/sops-file.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { requireFreeIndex } from '../git/hold-index.ts';
import type { GitPath } from '../git/path.ts';
import { refreshIndex } from '../git/refresh-index.ts';
import { readWorkFile, writeWorkFileOver } from '../git/work-file.ts';
import type { Io } from './io.ts';
import { atTop } from './repository/at-top.ts';
import { coveredFiles, filesInConflict } from './repository/covered-files.ts';
import { openKeyring } from './repository/keyring.ts';
import { hasCrlf, toLf } from './repository/line-ends.ts';
import { convertsLineEnds } from './repository/line-ends-of.ts';
import { requireTracked } from './repository/named-paths.ts';
import { setLocked } from './set-up/set-up.ts';
import { parseOptions } from './terminal/options.ts';

const specs = {
  lock: {
    name: 'lock',
    summary: 'show covered working files as ciphertext; without a path the working tree stays locked',
    operands: '[PATH…]',
    options: {},
    examples: [['git sops lock', 'no plaintext at rest from here on']],
  },
  unlock: {
    name: 'unlock',
    summary: 'show covered working files as plaintext',
    operands: '[PATH…]',
    options: {},
    examples: [['git sops unlock', 'plaintext here and in later checkouts']],
  },
} as const;

export function lock(args: string[], io: Io): Promise<number> {
  return turn('lock', args, io);
}

export function unlock(args: string[], io: Io): Promise<number> {
  return turn('unlock', args, io);
}

async function turn(to: 'lock' | 'unlock', args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(specs[to], args, outer);
  if (parsed === null) return 0;
  const { io, path } = await atTop(outer);
  const under = parsed.operands.map(path);
  await requireTracked(under);
  const { turned, closed, left, changed } = await turnFiles(to, under, io, async () => {
    if (parsed.operands.length === 0) await setLocked(io, to === 'lock');
  });
  io.stdout.write(
    `${turned} ${turned === 1 ? 'file is' : 'files are'} now ${to === 'lock' ? 'ciphertext' : 'plaintext'} here\n`,
  );
  const asTheyAre = [...left, ...changed];
  for (const error of asTheyAre) io.report(error);
  if (closed.length === 0) return asTheyAre.length === 0 ? 0 : 1;
  for (const error of closed.slice(0, 3)) io.report(error);
  if (closed.length > 3) io.stderr.write(`git-sops: and ${closed.length - 3} more files stay encrypted\n`);
  return closed[0]?.exitCode ?? 1;
}

export interface Turned {
  readonly turned: number;
  /** Why each file that stays ciphertext does so. */
  readonly closed: readonly GitSopsError[];
  /** Why each file that should have been turned is as it was: in conflict and plaintext, or ciphertext that somebody edited. */
  readonly left: readonly GitSopsError[];
  /** Why each file that somebody changed after it was looked at is as they left it. */
  readonly changed: readonly GitSopsError[];
}

interface Write {
  /** The working file that the new one was made of. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * Rewrites working files as ciphertext or plaintext of what the index holds.
 * @param ready called when it is certain that nothing will be lost, before the first file is written
 * @throws GitSopsError `unstaged-changes`, `index-locked` before anything is written
 */
export async function turnFiles(
  to: 'lock' | 'unlock',
  under: readonly GitPath[],
  io: Io,
  ready: () => Promise<void>,
): Promise<Turned> {
  const { writes, closed, left } = await planTurn(to, under, io);
  await ready();
  const written: GitPath[] = [];
  const changed: GitSopsError[] = [];
  for (const [path, { before, after }] of writes) {
    try {
      await writeWorkFileOver(io.cwd, path, before, after);
      written.push(path);
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      changed.push(error);
    }
  }
  await refreshIndex(written);
  return { turned: written.length, closed, left, changed };
}

/** What `turnFiles` would write. @throws GitSopsError as that does */
export async function planTurn(
  to: 'lock' | 'unlock',
  under: readonly GitPath[],
  io: Io,
): Promise<Pick<Turned, 'closed' | 'left'> & { readonly writes: ReadonlyMap<GitPath, Write> }> {
  const blobs = new BlobReader({ lazyFetch: true });
  const keyring = openKeyring(io);
  const writes = new Map<GitPath, Write>();
  const changed: GitPath[] = [];
  const closed: GitSopsError[] = [];
  const left: GitSopsError[] = [];
  try {
    for (const { path, oid } of await coveredFiles(io, blobs, under)) {
      const file = readWorkFile(io.cwd, path)?.content ?? null;
      // What a sparse checkout leaves out a partial clone may never have fetched.
      if (file === null) continue;
      const blob = (await blobs.read(oid))?.content;
      if (blob === undefined || !mayBeEncrypted(blob)) continue;
      // Where Git converts line ends, or did so at the checkout, the working file is the blob all the same.
      const text = hasCrlf(file) ? toLf(file) : file;
      const ciphertext = Buffer.compare(file, blob) === 0 || Buffer.compare(text, blob) === 0;
      if (to === 'lock' && ciphertext) continue;
      const smudged = await smudgeFile(path, blob, keyring, nodeBackend);
      const plaintext =
        smudged.state === 'plaintext' &&
        (Buffer.compare(file, smudged.bytes) === 0 ||
          (Buffer.compare(text, smudged.bytes) === 0 && (await convertsLineEnds(path))));
      if (to === 'unlock' && plaintext) continue;
      if (!ciphertext && !plaintext) {
        changed.push(path);
        if (to === 'unlock' && (await isCiphertext(path, file))) left.push(unstaged(path));
      } else if (to === 'lock') writes.set(path, { before: file, after: blob });
      else if (smudged.state === 'plaintext') writes.set(path, { before: file, after: smudged.bytes });
      else if (smudged.why !== null) closed.push(smudged.why);
    }
    // An unlocked tree may hold edits: unlocking does not touch those files.
    if (to === 'lock' && changed.length > 0) {
      throw unstaged(changed[0] ?? '', changed.length - 1);
    }
    if (to === 'lock') {
      for (const { path } of await filesInConflict(io, blobs, under)) {
        const file = readWorkFile(io.cwd, path)?.content ?? null;
        if (file !== null && file.length > 0 && !(await isCiphertext(path, file))) {
          left.push(new GitSopsError('plaintext-in-conflict', { file: path }));
        }
      }
    }
    if (writes.size > 0) await requireFreeIndex();
    closed.sort((a, b) => Number(a.code === 'no-identity') - Number(b.code === 'no-identity'));
    return { writes, closed, left };
  } finally {
    await blobs.close();
  }
}

function unstaged(file: GitPath, others = 0): GitSopsError {
  const detail = others > 0 ? ` and ${others} more` : '';
  return new GitSopsError('unstaged-changes', { file, detail, other: file });
}

/** A file of sops's; one that cannot be read as such may hold anything. */
export async function isCiphertext(path: GitPath, content: Uint8Array): Promise<boolean> {
  try {
    return (await readSopsFile(path, content)) !== null;
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return false;
  }
}
