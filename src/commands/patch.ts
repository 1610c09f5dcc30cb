import { chmod } from 'node:fs/promises';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { holdIndex } from '../git/hold-index.ts';
import { listIndex } from '../git/index-entries.ts';
import { encodePath, type GitPath } from '../git/path.ts';
import { PrivateRepository, type Version } from '../git/private-repository.ts';
import { refreshIndex } from '../git/refresh-index.ts';
import { type Staging, stageBlobs } from '../git/stage-blobs.ts';
import { readWorkFile, writeWorkFileOver } from '../git/work-file.ts';
import { Filter } from './filter/filter.ts';
import type { Io } from './io.ts';
import { isSame, type PatchCommand, type PatchInput, patchable, type Sides, sidesOf } from './patch/patch-sides.ts';
import { atTop } from './repository/at-top.ts';
import { openKeyring } from './repository/keyring.ts';
import { hasCrlf, toCrlf } from './repository/line-ends.ts';
import { codeOfSignal, withPrivateFolder } from './repository/private-folder.ts';
import { parseOptions } from './terminal/options.ts';

const what = {
  add: 'choose hunks of covered working files, in plaintext, and stage them encrypted',
  reset: 'choose staged hunks of covered files, in plaintext, and unstage them',
  restore: 'choose hunks of covered working files, in plaintext, and take them back to what is staged',
} as const;

const specOf = (name: PatchCommand) =>
  ({
    name,
    summary: what[name],
    operands: '-p [PATH…]',
    options: {
      patch: { type: 'boolean', short: 'p', help: `as git ${name} -p asks, with its keys, colours and settings` },
    },
    examples: [
      [`git sops ${name} -p secrets/db.yaml`, 'one file'],
      [`git sops ${name} -p`, 'all of them'],
    ],
  }) as const;

export const add = (args: string[], io: Io) => patch('add', args, io);
export const reset = (args: string[], io: Io) => patch('reset', args, io);
export const restore = (args: string[], io: Io) => patch('restore', args, io);

/**
 * Git's own patch mode, on plaintext: the covered files that differ are put into a repository of their own in a private
 * folder, Git asks its questions there, and what came of it is encrypted as `git add` would.
 */
async function patch(command: PatchCommand, args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(specOf(command), args, outer);
  if (parsed === null) return 0;
  if (parsed.values.patch !== true) {
    throw new GitSopsError('wrong-use', {
      detail: `git sops ${command} is for hunks (-p); plain git ${command} does the rest`,
      other: `git sops ${command} -p`,
    });
  }
  const { io, path } = await atTop(outer);
  const keyring = openKeyring(io);
  const blobs = new BlobReader({ lazyFetch: true });
  const filter = new Filter(io, { locked: false });
  try {
    const input: PatchInput = { command, under: parsed.operands.map(path), io, blobs, keyring };
    const { files, covered } = await patchable(input);
    if (covered === 0) throw new GitSopsError('nothing-covered', { detail: parsed.operands.join(' ') });
    let code = 0;
    const failed = (error: unknown, file: GitPath) => {
      if (!(error instanceof GitSopsError)) throw error;
      code ||= io.report(error.facts.file === undefined ? error.with({ file }) : error);
    };
    const changed: Sides[] = [];
    for (const file of files) {
      try {
        const sides = await sidesOf(file, input);
        if (command === 'reset' ? !isSame(sides.head, sides.index) : !isSame(sides.index, sides.worktree)) {
          changed.push(sides);
        }
      } catch (error) {
        failed(error, file.path);
      }
    }
    // Git would say of none that there are no changes, which is not so.
    if (changed.length === 0 && code !== 0) return code;
    const chosen = await choose(command, changed, io);
    if (typeof chosen === 'number') return chosen;
    const take = command === 'restore' ? restoreFiles : stageFiles;
    await take(chosen, { command, io, filter, failed });
    return code;
  } finally {
    await Promise.all([filter.finish(), blobs.close()]);
  }
}

interface Chosen {
  readonly sides: Sides;
  readonly version: Version | null;
}

/** Lets Git ask. @returns the files that came out otherwise than they went in, or the exit code of a Git that failed */
function choose(command: PatchCommand, files: readonly Sides[], io: Io): Promise<Chosen[] | number> {
  return withPrivateFolder(io, async (folder) => {
    const repository = await PrivateRepository.create(folder.path);
    const side = (of: 'head' | 'index' | 'worktree') => new Map(files.map((sides) => [sides.path, sides[of]]));
    await repository.load({
      head: command === 'reset' ? side('head') : null,
      index: side('index'),
      worktree: side('worktree'),
    });
    if (folder.signal !== null) return codeOfSignal(folder.signal);
    const code = await repository.run([command, '-p'], (kill) => folder.passSignals(kill));
    if (folder.signal !== null) return codeOfSignal(folder.signal);
    if (code !== 0) return code;
    const staged = command === 'restore' ? null : await repository.index();
    return files.flatMap((sides) => {
      const version = staged === null ? repository.worktreeFile(sides.path) : (staged.get(sides.path) ?? null);
      return isSame(version, command === 'restore' ? sides.worktree : sides.index) ? [] : [{ sides, version }];
    });
  });
}

interface Target {
  readonly command: PatchCommand;
  readonly io: Io;
  readonly filter: Filter;
  failed(error: unknown, file: GitPath): void;
}

/** A file whose chosen plaintext is refused stays as it was; the others are staged. */
async function stageFiles(chosen: readonly Chosen[], { command, filter, failed }: Target): Promise<void> {
  if (chosen.length === 0) return;
  const ready: { readonly sides: Sides; readonly staging: Staging }[] = [];
  for (const { sides, version } of chosen) {
    const { path } = sides;
    try {
      const blob = version === null ? null : await filter.clean(path, version.content);
      ready.push({ sides, staging: { path, mode: version?.executable ? '100755' : '100644', blob } });
    } catch (error) {
      failed(error, path);
    }
  }
  await holdIndex({}, async (held) => {
    const now = new Map((await listIndex(held)).map(({ path, stage, mode, oid }) => [path, `${stage} ${mode} ${oid}`]));
    const isAsBefore = ({ path, entry }: Sides) =>
      now.get(path) === (entry === null ? undefined : `0 ${entry.mode} ${entry.oid}`);
    for (const { sides } of ready) {
      if (isAsBefore(sides)) continue;
      failed(new GitSopsError('changed-meanwhile', { detail: `git sops ${command} -p` }), sides.path);
    }
    await stageBlobs(
      ready.flatMap(({ sides, staging }) => (isAsBefore(sides) ? [staging] : [])),
      held,
    );
  });
}

async function restoreFiles(chosen: readonly Chosen[], { command, io, filter, failed }: Target): Promise<void> {
  const written: GitPath[] = [];
  for (const { sides, version } of chosen) {
    const { path, worktree, onDisk } = sides;
    if (version === null) continue;
    try {
      await writeWorkFileOver(io.cwd, path, onDisk, await asOnDisk(sides, version, filter));
      if (version.executable !== (worktree?.executable ?? false)) await setExecutable(io.cwd, path, version.executable);
      written.push(path);
    } catch (error) {
      const isChanged = error instanceof GitSopsError && error.code === 'file-changed-meanwhile';
      failed(isChanged ? new GitSopsError('changed-meanwhile', { detail: `git sops ${command} -p` }) : error, path);
    }
  }
  await refreshIndex(written);
}

/** A locked file stays locked, and CRLF stays CRLF. */
async function asOnDisk({ path, worktree, onDisk }: Sides, { content }: Version, filter: Filter): Promise<Uint8Array> {
  if (onDisk === null || worktree === null || Buffer.compare(onDisk, worktree.content) === 0) return content;
  if (hasCrlf(onDisk) && !hasCrlf(worktree.content)) return toCrlf(content);
  return filter.clean(path, content);
}

async function setExecutable(top: string, path: GitPath, executable: boolean): Promise<void> {
  const { mode = 0o644 } = readWorkFile(top, path) ?? {};
  const file = Buffer.concat([Buffer.from(`${top}/`), encodePath(path)]);
  await chmod(file, executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);
}
