import { GitSopsError } from '../errors.ts';
import { compileRe2, prepareLinear } from '../tree/re2.ts';

const mostLength = 1000;
/** What micromatch puts in against `.`, `..` and empty names. A path of Git has none of them. */
const guards = /\(\?!(?:\(\?:\^\|\\\/\))?\\\.\{1,2\}\(\?:\\\/\|\$\)\)|\(\?=\.\)/g;

/** One of them says that the last star stands for something; elsewhere what follows sees to that. */
const lastStar = /\(\?=\.\)\[\^\\?\/\]\*\?(?=\\\/\?\)+\$)/g;

/**
 * A glob of the allow-list as a test of paths, in time linear in the path: glob and path may both come from whoever sends a change.
 * @returns null for one that is too long, and for exclusions, which RE2 has no word for
 */
export async function compileAllowGlob(glob: string): Promise<((path: string) => boolean) | null> {
  if (glob.length > mostLength || /!\(|\(\?/.test(glob)) return null;
  const { default: micromatch } = await import('micromatch');
  const { source } = micromatch.makeRe(glob, { dot: true, nonegate: true });
  const pattern = source.replace(lastStar, '[^/]+?').replace(guards, '');
  try {
    await prepareLinear(pattern);
    const compiled = compileRe2(pattern);
    return (path) => path === glob || compiled.test(path);
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
