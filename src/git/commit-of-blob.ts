import type { GitPath } from './path.ts';
import { rawLogOptions } from './raw-options.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/**
 * A commit that brought a blob to a path: what a message can name, where Git itself says the blob alone. Hexadecimal; null where
 * none is found, such as for a merge's own result.
 */
export async function commitOfBlob(oid: string, path: GitPath, options?: SpawnGitOptions): Promise<string | null> {
  if (!/^[0-9a-f]{40,64}$/.test(oid)) return null;
  const args = ['log', ...rawLogOptions, '--format=commit %H'];
  const { stdout, code } = await runGit([...args, `--find-object=${oid}`, '--all', 'HEAD', '--', path], {
    ...options,
    okCodes: [0, 128],
  });
  if (code !== 0) return null;
  let commit: string | null = null;
  for (const line of stdout.toString('latin1').split('\n')) {
    commit = /^commit ([0-9a-f]+)$/.exec(line)?.[1] ?? commit;
    // `:100644 100644 0123… 4567… M<TAB>path`; the newest commit with it may be the one that took it away.
    if (line.startsWith(':') && line.split(' ')[3] === oid) return commit;
  }
  return null;
}
