import type { KeyGroup } from './key-group.ts';
import type { MasterKey } from './master-key.ts';

/** sops's, where `SOPS_DECRYPTION_ORDER` does not say another one. */
const usual = 'age,pgp';

/**
 * A group's keys in the order in which they are tried, keys of one type behind each other as one list: first the types that the
 * order names, then the others as they stand in the file.
 * @param order types with commas, as sops names them in its metadata
 */
export function inDecryptionOrder(group: KeyGroup, order: string | undefined): MasterKey[][] {
  const types = (order || usual).split(',');
  const rank = ({ kind }: MasterKey) => (types.includes(kind) ? types.indexOf(kind) : types.length);
  const runs: MasterKey[][] = [];
  for (const key of group.toSorted((a, b) => rank(a) - rank(b))) {
    const last = runs.at(-1);
    if (last?.[0]?.kind === key.kind) last.push(key);
    else runs.push([key]);
  }
  return runs;
}
