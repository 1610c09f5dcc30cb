import { newDataKey } from '../crypto/data-key.ts';
import { nodeBackend } from '../crypto/node-backend.ts';
import { newFileMetadata } from '../document/new-file.ts';
import { openFile } from '../document/open.ts';
import { sealFile } from '../document/seal.ts';
import { readSopsFile } from '../document/sops-file.ts';
import { unlock } from '../document/unlock.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { encodePath, type GitPath } from '../git/path.ts';
import { quotePath } from '../git/quote.ts';
import { runGit } from '../git/run.ts';
import { readWorkFile, writeWorkFile } from '../git/work-file.ts';
import { createKeyring, type Keyring } from '../keys/keyring.ts';
import { atTop } from './at-top.ts';
import { type CoveredFile, coveredFiles } from './covered-files.ts';
import type { Io } from './io.ts';
import { parseOptions } from './options.ts';

const spec = {
  name: 'rotate',
  summary: 'give files a new data key, with recipients and selector of the rule that covers them now, and stage them',
  operands: 'PATH…',
  options: { all: { type: 'boolean', help: 'every covered file' } },
  examples: [['git sops rotate secrets/db.yaml', 'after its rule changed, or somebody left']],
} as const;

/** The new blob is staged; a plaintext working file stays as it is, a locked one becomes the new ciphertext. */
export async function rotate(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  if ((parsed.operands.length === 0) !== (parsed.values.all === true)) {
    throw new GitSopsError('wrong-use', { detail: 'rotate takes paths or --all', other: 'git sops rotate --help' });
  }
  const { io, path } = await atTop(outer);
  const keyring = createKeyring({ env: io.env, platform: io.platform, home: io.home });
  const blobs = new BlobReader();
  try {
    const files = await coveredFiles(io, blobs, parsed.operands.map(path));
    if (files.length === 0) throw new GitSopsError('nothing-covered', { detail: parsed.operands.join(' ') });
    // All are made before the first is staged: one that cannot be rotated leaves none rotated.
    const rotated: { file: CoveredFile; old: Uint8Array; blob: Uint8Array }[] = [];
    for (const file of files) {
      const old = (await blobs.read(file.oid))?.content;
      if (old === undefined || old.length === 0) continue;
      rotated.push({ file, old, blob: await rotatedBlob(file, old, keyring, io) });
    }
    for (const { file, old, blob } of rotated) {
      await stage(file.path, blob);
      const working = readWorkFile(io.cwd, file.path)?.content ?? null;
      if (working !== null && Buffer.compare(working, old) === 0) await writeWorkFile(io.cwd, file.path, blob);
      io.stdout.write(`rotated and staged ${quotePath(file.path)}\n`);
    }
    return 0;
  } finally {
    await blobs.close();
  }
}

async function rotatedBlob(file: CoveredFile, old: Uint8Array, keyring: Keyring, io: Io): Promise<Uint8Array> {
  try {
    if (file.rule === null) throw new GitSopsError('no-rule');
    const sops = await readSopsFile(file.path, old);
    if (sops === null) throw new GitSopsError('not-a-sops-file');
    const { bytes } = openFile(sops, await unlock(sops, keyring), nodeBackend);
    const dataKey = newDataKey(nodeBackend);
    const { format } = sops;
    const metadata = await newFileMetadata(file.rule.rule, dataKey, format.name, nodeBackend);
    const parsed = format.parse(bytes);
    return await sealFile({ format, parsed, metadata, dataKey, base: null, backend: nodeBackend, now: io.now });
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file: file.path }) : error;
  }
}

async function stage(path: GitPath, blob: Uint8Array): Promise<void> {
  const { stdout } = await runGit(['hash-object', '-w', '--stdin', '--no-filters'], { input: blob });
  const line = Buffer.concat([Buffer.from(`100644 ${stdout.toString().trim()} 0\t`), encodePath(path), Buffer.of(0)]);
  const { stdout: entry } = await runGit(['ls-files', '-s', '-z', '--', path]);
  const mode = entry.toString('latin1').slice(0, 6);
  await runGit(['update-index', '-z', '--index-info'], {
    input: Buffer.concat([Buffer.from(mode === '' ? '100644' : mode), line.subarray(6)]),
  });
}
