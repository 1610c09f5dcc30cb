import { readFile } from 'node:fs/promises';
import { createRuleFinder } from '../document/rule-finder.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { decodePath, type GitPath } from '../git/path.ts';
import { runGit } from '../git/run.ts';
import { escapeText, quotePath } from '../quote.ts';
import type { Selector } from '../tree/selector.ts';
import { asStored } from './diff/changed-files.ts';
import { compareFile, type Source } from './diff/compare-file.ts';
import { recipientNames } from './diff/names.ts';
import type { FileDiff } from './diff/report.ts';
import { textDiff } from './diff/text.ts';
import type { Io } from './io.ts';
import { openKeyring } from './repository/keyring.ts';
import { worktreeReader } from './repository/worktree-reader.ts';

/**
 * `external-diff PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE [NEW-PATH INFO]`: what Git calls for each file
 * as `diff.sops.command` or GIT_EXTERNAL_DIFF (git(1)), with one argument for a path in conflict. Git smudges a blob into a
 * temporary file first; the blob itself says more, so it is read by its id. Git stops the whole diff at an exit code other
 * than 0, so what fails is told in the diff.
 */
export async function externalDiff(args: string[], io: Io): Promise<number> {
  const [path = '', oldFile, oldHex = '', oldMode = '', newFile, newHex = '', newMode = '', newPath] = args;
  if (newFile === undefined || oldFile === undefined) {
    io.stdout.write(`${quotePath(nameOf(path))} (in conflict)\n`);
    return 0;
  }
  const blobs = new BlobReader();
  try {
    const before = await sourceOf(nameOf(path), oldFile, oldHex, blobs);
    const after = await sourceOf(nameOf(newPath ?? path), newFile, newHex, blobs);
    const file = await fileDiff(before, after, oldMode, newMode, blobs, io);
    if (file === null) return 0;
    const names = await recipientNames([file], [], io.cwd, blobs);
    const first = (io.env['GIT_DIFF_PATH_COUNTER'] ?? '1') === '1';
    io.stdout.write(`${first ? '' : '\n'}${textDiff({ files: [file], names, redacted: false }, await colour(io))}`);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    io.stdout.write(`${quotePath(nameOf(newPath ?? path))}\n  ! ${escapeText(error.message)}\n`);
  } finally {
    await blobs.close();
  }
  return 0;
}

async function fileDiff(before: Source, after: Source, oldMode: string, newMode: string, blobs: BlobReader, io: Io) {
  const keyring = openKeyring(io);
  const content = await compareFile(before, after, await ruleFor(after.path, blobs, io), keyring);
  const both = before.content !== null && after.content !== null;
  const mode = both && oldMode !== newMode ? { before: oldMode, after: newMode } : null;
  if (content === null && mode === null) return null;
  const { path } = after;
  let status: FileDiff['status'] = before.path === path ? 'changed' : 'renamed';
  if (!both) status = before.content === null ? 'added' : 'removed';
  return { status, path, from: before.path, mode, conflict: false, content } satisfies FileDiff;
}

/** Without a repository (`git diff --no-index`), or with rules that cannot be read, a file is what it says itself. */
async function ruleFor(path: GitPath, blobs: BlobReader, io: Io): Promise<Selector | null> {
  try {
    return (await createRuleFinder(worktreeReader(io.cwd, blobs)).find(path))?.rule.selector ?? null;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** Git gives `/dev/null` for no file, and an id of zeros for a working file. */
async function sourceOf(path: GitPath, file: string, hex: string, blobs: BlobReader): Promise<Source> {
  if (file === '/dev/null') return { path, content: null, working: false };
  const isBlob = /^[0-9a-f]{40,64}$/.test(hex) && !/^0+$/.test(hex);
  const blob = isBlob ? await blobs.read(hex) : null;
  if (blob !== null) return { path, content: blob.content, working: false };
  return { path, content: await asStored(path, await readFile(file)), working: true };
}

/** As Git colours its own diff, which usually goes through a pager. */
async function colour({ stdout, env }: Io): Promise<boolean> {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const shown = stdout.isTTY === true || env['GIT_PAGER_IN_USE'] !== undefined;
  const { stdout: answer } = await runGit(['config', '--get-colorbool', 'color.diff', `${shown}`], { okCodes: [0, 1] });
  return answer.toString().trim() === 'true';
}

function nameOf(argument: string): GitPath {
  return decodePath(Buffer.from(argument));
}
