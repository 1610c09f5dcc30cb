import { configName, isRulesPath } from '../../document/rule-finder.ts';
import { type BlobReader, indexObject } from '../../git/blob-reader.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { readWorkFile } from '../../git/work-file.ts';
import { toLf } from './line-ends.ts';

/** Rules and attributes of the working tree that Git does not have so: no other clone knows of what they protect. */
export interface UnstagedSetUp {
  /** Files that Git does not know at all, and does not ignore. */
  readonly unknown: readonly GitPath[];
  /** Files that are staged otherwise than they are here. */
  readonly changed: readonly GitPath[];
  /** Whether Git ignores the rules at the top: then they are the user's own. */
  readonly ignored: boolean;
}

export async function unstagedSetUp(top: string, blobs: BlobReader): Promise<UnstagedSetUp> {
  const tracked = new Set(await listPaths());
  const unknown: GitPath[] = [];
  const changed: GitPath[] = [];
  const listed = await listPaths({ untracked: true });
  for (const path of listed.filter(isSetUp).sort(rulesFirst)) {
    const here = readWorkFile(top, path)?.content ?? null;
    if (here === null) continue;
    const staged = tracked.has(path) ? ((await blobs.read(indexObject(path)))?.content ?? null) : null;
    // Attributes for other things are not ours to speak of.
    if (!isRulesPath(path) && ![here, staged].some((content) => content?.includes('filter=sops'))) continue;
    if (!tracked.has(path)) unknown.push(path);
    else if (staged !== null && Buffer.compare(toLf(here), toLf(staged)) !== 0) changed.push(path);
  }
  const ignored = !listed.includes(configName) && readWorkFile(top, configName) !== null;
  return { unknown, changed, ignored };
}

function isSetUp(path: GitPath): boolean {
  return isRulesPath(path) || /(?:^|\/)\.gitattributes$/.test(path);
}

function rulesFirst(a: GitPath, b: GitPath): number {
  return Number(isRulesPath(b)) - Number(isRulesPath(a)) || (a < b ? -1 : 1);
}
