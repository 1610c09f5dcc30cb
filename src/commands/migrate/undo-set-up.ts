import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { hookFileNames, hooksFolder } from '../../git/hook-file.ts';
import { decodePath, encodePath, type GitPath } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';
import { replaceFile } from '../../git/work-file.ts';
import type { Io } from '../io.ts';
import { managedFiles } from '../set-up/hook-plan.ts';

/**
 * Remembers how this clone is set up. @returns what takes back what `init` does after that and nothing else: a set-up that was there,
 * a hook of an earlier version, or another filter of the same name, is there again
 */
export async function rememberSetUp(io: Io): Promise<() => Promise<void>> {
  const before: FileBefore[] = [];
  for (const name of ['config', 'info/attributes']) {
    const { stdout } = await runGit(['rev-parse', '--path-format=absolute', '--git-path', name]);
    const file = decodePath(stdout.subarray(0, -1));
    // Git writes the file that a link names.
    before.push(fileBefore(existsSync(encodePath(file)) ? realFile(file) : file));
  }
  const folder = await hooksFolder();
  for (const name of hookFileNames) before.push(fileBefore(join(folder, name)));
  for (const path of managedFiles) before.push(fileBefore(join(io.cwd, path)));
  const missing = [...new Set(before.map(({ file }) => dirname(file)))].filter((name) => !existsSync(encodePath(name)));
  return async () => {
    for (const file of before) await putBack(file);
    for (const made of missing) removeIfEmpty(made);
  };
}

interface FileBefore {
  /** Absolute. */
  readonly file: GitPath;
  /** Null where there is nothing, or something that is no file. */
  readonly content: Buffer | null;
  /** Where a link leads; null for what is none. */
  readonly link: string | null;
  readonly mode: number;
}

function fileBefore(file: GitPath): FileBefore {
  const name = encodePath(file);
  const stat = lstatSync(name, { throwIfNoEntry: false });
  return {
    file,
    content: stat?.isFile() ? readFileSync(name) : null,
    link: stat?.isSymbolicLink() ? readlinkSync(name) : null,
    mode: (stat?.mode ?? 0) & 0o777,
  };
}

async function putBack({ file, content, link, mode }: FileBefore): Promise<void> {
  const now = fileBefore(file);
  const name = encodePath(file);
  if (content !== null) {
    if (now.content === null || now.mode !== mode || !now.content.equals(content)) {
      await replaceFile(name, content, mode);
    }
  } else if (now.content !== null || now.link !== link) {
    rmSync(name, { force: true });
    if (link !== null) symlinkSync(link, name);
  }
}

function realFile(file: GitPath): GitPath {
  return decodePath(realpathSync(encodePath(file), { encoding: 'buffer' }));
}

function removeIfEmpty(folder: GitPath): void {
  try {
    rmdirSync(encodePath(folder));
  } catch {
    // It was never made, or somebody put something there.
  }
}
