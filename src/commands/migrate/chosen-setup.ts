import { GitSopsError } from '../../errors.ts';
import { runGit } from '../../git/run.ts';
import { type OldSetup, type OldTool, toolNames } from './old-setup.ts';

/** The one set-up that is migrated. @throws GitSopsError `nothing-to-migrate`; `wrong-use` where there are two */
export function chosenSetup(setups: readonly OldSetup[], from: OldTool | undefined): OldSetup {
  const fitting = setups.filter(({ tool, files }) => files.length > 0 && (from === undefined || tool === from));
  const [setup, other] = fitting;
  if (setup === undefined) {
    throw new GitSopsError('nothing-to-migrate', { detail: from === undefined ? undefined : toolNames[from] });
  }
  if (other !== undefined) {
    const detail = `files here are encrypted by ${fitting.map(({ tool }) => toolNames[tool]).join(' and ')}`;
    throw new GitSopsError('wrong-use', { detail, other: `git sops migrate --from ${setup.tool}` });
  }
  return setup;
}

/** What is staged must be the migration and nothing else. A filter that encrypts anew each time makes files look changed that are not. */
export async function requireClean({ tool, files }: OldSetup): Promise<void> {
  const { stdout } = await runGit(['status', '--porcelain', '-z', '--untracked-files=no', '--no-renames']);
  const own = new Set(files.map(({ path }) => path));
  const changed = stdout
    .toString()
    .split('\0')
    .filter((line) => line !== '' && !(tool === 'sops-filter' && line.startsWith(' M') && own.has(line.slice(3))));
  const [first] = changed;
  if (first !== undefined) throw new GitSopsError('uncommitted-changes', { file: first.slice(3) });
}
