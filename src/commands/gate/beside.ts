import type { GitPath } from '../../git/path.ts';

/** What editors, merges and people put behind the name of a file that they keep, and before its ending. */
const behind = /(?:\.(?:orig|rej|bak|backup|old|save|tmp|dec|decrypted|plain|sw[a-p])|~)$/i;
const before =
  /(?:[._-](?:dec|decrypted|plain|bak|backup|old|orig|copy)|_(?:BASE|LOCAL|REMOTE|BACKUP)_\d+)(?=\.[^./]*$)/i;
/** What people put before the ending of an encrypted file. */
const marks = ['enc', 'sops', 'encrypted', 'secret', 'secrets'];

/**
 * The names that an encrypted file may have of which this one is a copy in the clear: `db.enc.yaml` of `db.yaml`, `db.dec.yaml` and
 * `db.enc.yaml.orig`, which Git's mergetool leaves.
 */
export function originalsOf(path: GitPath): GitPath[] {
  const slash = path.lastIndexOf('/') + 1;
  const [folder, name] = [path.slice(0, slash), path.slice(slash)];
  const found = new Set<string>();
  const without = name.replace(behind, '').replace(/^\.(?=.*\.sw[a-p]$)/i, '');
  for (const base of [
    name,
    name.replace(/^\./, ''),
    without,
    without.replace(/^\./, ''),
    without.replace(before, ''),
  ]) {
    found.add(base);
    const dot = base.lastIndexOf('.');
    for (const mark of marks) {
      found.add(`${base}.${mark}`);
      if (dot >= 0) found.add(`${base.slice(0, dot)}.${mark}${base.slice(dot)}`);
    }
  }
  found.delete(name);
  found.delete('');
  return [...found].map((base) => folder + base);
}
