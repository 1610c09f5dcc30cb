import { formatNameOf, loadFormat } from '../format/by-path.ts';

/** PATH_MAX of Linux, and more than other systems have. */
const mostBytes = 4096;

/**
 * Whether what Git stores as a symlink may be where one leads to. Anything may stand in such a blob: other clients and `update-index`
 * write what they are given, and where links are not supported (`core.symlinks=false`) Git puts a file in the place of each, for people
 * to write into. A target is one line that is no longer than a path, and whoever looks for a file of a known format finds none in it.
 * @param path of the link
 */
export async function isLinkTarget(path: string, content: Uint8Array): Promise<boolean> {
  if (content.length >= mostBytes || content.some((byte) => byte === 0x0a || byte === 0x0d || byte === 0)) return false;
  const name = formatNameOf(path);
  // Any bytes are a binary file.
  if (name === 'binary') return true;
  const format = await loadFormat(name);
  try {
    format.parse(content);
    return false;
  } catch {
    return true;
  }
}
