import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';

export interface ProgramPlace {
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: NodeJS.Platform;
}

/**
 * A program of the user's by its name, or by a path. Of `PATH` only absolute folders count: the current folder is a repository,
 * whose files nobody shall run by mistake.
 * @param skip says which are not meant
 */
export function findProgram(
  name: string,
  { env, platform }: ProgramPlace,
  skip: (real: string) => boolean = () => false,
): string | null {
  if (isAbsolute(name)) return isProgram(name) ? name : null;
  if (name !== basename(name)) return null;
  const endings = platform === 'win32' ? ['.exe', '.com', '.cmd', '.bat'] : [''];
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    for (const ending of endings) {
      const path = join(folder, name + ending);
      if (isProgram(path) && !skip(realpathSync(path))) return path;
    }
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
