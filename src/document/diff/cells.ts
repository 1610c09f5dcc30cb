import { isToken } from '../../crypto/encrypted-value.ts';
import type { Leaf } from '../../tree/leaf.ts';
import { type Selector, selectsOf } from '../../tree/selector.ts';
import { type Cell, idOf, plainCell, sealedCell, textOf } from './cell.ts';
import { decodeSecretData } from './kubernetes.ts';
import { plainBytes, type Side, sopsFileIn } from './side.ts';

/**
 * The values and comments of a side.
 * @param selector for a plaintext: what of it Git stores encrypted; null for nothing
 * @param opened whether to look into the ciphertext of a side that could be opened
 */
export function cellsOf(side: Side, selector: Selector | null, opened: boolean): Cell[] {
  switch (side.state) {
    case 'absent':
    case 'unreadable':
      return [];
    case 'clear': {
      const selects = selector === null ? () => false : selectsOf(selector);
      const leaves = side.parsed?.view(selects).leaves ?? [];
      return decodeSecretData(leaves.map((leaf) => plainCell(leaf, getsToken(leaf))));
    }
    case 'opened':
      if (opened) return openedCells(side);
      break;
    default:
  }
  return decodeSecretData((side.file?.view.leaves ?? []).map(sealedCell));
}

/** From the decrypted text, so that numbers and booleans are spelled as people wrote them. */
function openedCells({ file, opened }: Extract<Side, { state: 'opened' }>): Cell[] {
  // What an empty file is encrypted to has no plaintext that parses.
  if (opened.bytes.length === 0) return [];
  const { selector } = file.metadata;
  const { leaves } = file.format.parse(opened.bytes).view(selectsOf(selector));
  return decodeSecretData(leaves.map((leaf) => plainCell(leaf, getsToken(leaf))));
}

/** Empty values and nulls stand in the clear whatever the selector says. */
function getsToken(leaf: Leaf): boolean {
  if (leaf.kind === 'value' && leaf.type === 'null') return false;
  if (typeof leaf.plaintext === 'string' && isToken(leaf.plaintext)) return true;
  return leaf.selected && leaf.plaintext.length > 0;
}

/** The whole text of a side as if it were one value, whose key path is empty. */
export function textCells(side: Side, encrypted: boolean): Cell[] {
  const bytes = plainBytes(side);
  if (bytes === null) return [];
  const isEncrypted = encrypted || sopsFileIn(side) !== null;
  const content = textOf(bytes) ?? bytes;
  const shown = { type: 'str', content, encrypted: isEncrypted, decoded: false } as const;
  return [{ path: [], document: 0, id: idOf('str', content), sealed: false, shown }];
}
