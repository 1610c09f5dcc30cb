import type { ValueLeaf } from '../../tree/leaf.ts';

/** Where a layout entry belongs: the document's number and the path in it, so that edits elsewhere leave it as it is. */
export function placeOf({ document, path }: ValueLeaf): string {
  return `${document}${JSON.stringify(path)}`;
}
