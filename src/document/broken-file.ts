import { formatNameOf, loadFormat } from '../format/by-path.ts';
import { prepareLinear } from '../tree/re2.ts';
import { defaultSelector } from '../tree/selector.ts';
import { sidesOf } from './conflict-markers.ts';
import { type CreationRule, selectorFor } from './creation-rule.ts';
import { hasUnknownEntry } from './metadata.ts';
import { clearUnder } from './protection.ts';
import { isConflictBlob, readContent } from './sops-file.ts';

/**
 * Whether a file that nobody can read as one of sops holds only ciphertext where its rule asks for it: it is merely broken then. Each
 * side of a conflict is looked at, and metadata that sops could not use. False where nobody can tell.
 * @param rule null where none covers the path
 */
export async function isOnlyBroken(path: string, content: Uint8Array, rule: CreationRule | null): Promise<boolean> {
  // Ours, as a whole.
  if (isConflictBlob(content) && (await isSealedConflict(path, content))) return true;
  const format = await loadFormat(formatNameOf(path));
  const selector = rule === null ? defaultSelector : selectorFor(rule, format.name);
  await prepareLinear(selector.value);
  try {
    return sidesOf(content).every((side) => {
      const parsed = format.parse(side);
      return clearUnder(parsed, selector).length === 0 && !hasUnknownEntry(parsed.metadata ?? {});
    });
  } catch {
    return false;
  }
}

async function isSealedConflict(path: string, content: Uint8Array): Promise<boolean> {
  try {
    const read = await readContent(path, content);
    return read.kind === 'encrypted' && clearUnder(read.file.parsed, read.file.metadata.selector).length === 0;
  } catch {
    return false;
  }
}
