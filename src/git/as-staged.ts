import type { GitPath } from './path.ts';
import { runGit } from './run.ts';
import { statWorkFile } from './work-file.ts';

/**
 * Whether a working file is the one that was staged, by what the index recorded of it: change and modification time to the
 * nanosecond, inode and size. Git itself compares seconds, and asks for the content again where file and index are of the same one
 * (Documentation/technical/racy-git.txt). False whenever that cannot be told.
 * @param top The top of the working tree
 */
export async function isAsStaged(path: GitPath, top: string): Promise<boolean> {
  const { stdout } = await runGit(['ls-files', '--debug', '-z', '--', path], { cwd: top });
  const entries = stdout.toString('latin1').split('\0').slice(1);
  const [entry] = entries;
  const found = recorded.exec(entry ?? '');
  if (entries.length !== 1 || found === null) return false;
  const file = statWorkFile(top, path);
  if (file === null) return false;
  const [, ctime = '', mtime = '', inode = '', size = ''] = found;
  return (
    ctime === stamp(file.ctimeNs) &&
    mtime === stamp(file.mtimeNs) &&
    // The index keeps 32 bits of them.
    BigInt(inode) === BigInt.asUintN(32, file.ino) &&
    BigInt(size) === BigInt.asUintN(32, file.size)
  );
}

const recorded = /^\s*ctime: (\d+:\d+)\n\s*mtime: (\d+:\d+)\n\s*dev: \d+\s+ino: (\d+)\n.*\n\s*size: (\d+)\s/;

function stamp(nanoseconds: bigint): string {
  return `${BigInt.asUintN(32, nanoseconds / 1_000_000_000n)}:${nanoseconds % 1_000_000_000n}`;
}
