import { nodeBackend } from '../crypto/node-backend.ts';
import { smudgeFile } from '../document/smudge.ts';
import { mayBeEncrypted } from '../document/sops-file.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import type { GitPath } from '../git/path.ts';
import { quotePath } from '../git/quote.ts';
import { refreshIndex } from '../git/refresh-index.ts';
import { readWorkFile, writeWorkFile } from '../git/work-file.ts';
import { createKeyring } from '../keys/keyring.ts';
import { atTop } from './at-top.ts';
import { coveredFiles } from './covered-files.ts';
import type { Io } from './io.ts';
import { parseOptions } from './options.ts';
import { setLocked } from './set-up.ts';

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
  const { turned, closed } = await turnFiles(to, parsed.operands.map(path), io, async () => {
    if (parsed.operands.length === 0) await setLocked(io, to === 'lock');
  });
  io.stdout.write(
    `${turned} ${turned === 1 ? 'file is' : 'files are'} now ${to === 'lock' ? 'ciphertext' : 'plaintext'} here\n`,
  );
  if (closed.length === 0) return 0;
  for (const error of closed.slice(0, 3)) io.report(error);
  if (closed.length > 3) io.stderr.write(`git-sops: and ${closed.length - 3} more files stay encrypted\n`);
  return closed[0]?.exitCode ?? 1;
}

export interface Turned {
  readonly turned: number;
  /** Why each file that stays ciphertext does so. */
  readonly closed: readonly GitSopsError[];
}

/**
 * Rewrites working files as ciphertext or plaintext of what the index holds.
 * @param ready called when it is certain that nothing will be lost, before the first file is written
 * @throws GitSopsError `unstaged-changes` before anything is written
 */
export async function turnFiles(
  to: 'lock' | 'unlock',
  under: readonly GitPath[],
  io: Io,
  ready: () => Promise<void>,
): Promise<Turned> {
  const blobs = new BlobReader();
  const keyring = createKeyring({ env: io.env, platform: io.platform, home: io.home });
  const writes = new Map<GitPath, Uint8Array>();
  const changed: GitPath[] = [];
  const closed: GitSopsError[] = [];
  try {
    for (const { path, oid } of await coveredFiles(io, blobs, under)) {
      const blob = (await blobs.read(oid))?.content;
      const file = readWorkFile(io.cwd, path)?.content ?? null;
      if (blob === undefined || file === null || !mayBeEncrypted(blob)) continue;
      const ciphertext = Buffer.compare(file, blob) === 0;
      if (to === 'lock' && ciphertext) continue;
      const smudged = await smudgeFile(path, blob, keyring, nodeBackend);
      const plaintext = smudged.state === 'plaintext' && Buffer.compare(file, smudged.bytes) === 0;
      if (to === 'unlock' && plaintext) continue;
      if (!ciphertext && !plaintext) changed.push(path);
      else if (to === 'lock') writes.set(path, blob);
      else if (smudged.state === 'plaintext') writes.set(path, smudged.bytes);
      else if (smudged.why !== null) closed.push(smudged.why);
    }
    // An unlocked tree may hold edits: unlocking does not touch those files.
    if (to === 'lock' && changed.length > 0) {
      const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
      throw new GitSopsError('unstaged-changes', {
        file: changed[0],
        detail: more,
        other: quotePath(changed[0] ?? ''),
      });
    }
    await ready();
    for (const [path, bytes] of writes) await writeWorkFile(io.cwd, path, bytes);
    await refreshIndex([...writes.keys()]);
    return { turned: writes.size, closed };
  } finally {
    await blobs.close();
  }
}
