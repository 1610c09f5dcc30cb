import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import { aadOf } from '../../tree/key-path.ts';
import { exposedByItself } from '../protection.ts';
import { readSopsFile, type SopsFile } from '../sops-file.ts';
import { mergePlaintext } from './merge-plaintext.ts';

export interface Blobs {
  /** Null where there is no common ancestor. */
  readonly base: Uint8Array | null;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

/**
 * The merge without a key. A MAC cannot be made, so it is possible only where all that the MAC covers is as one side has it:
 * the other changed layout, recipients, or what the MAC does not see. The values are compared as ciphertexts, place by place.
 * @returns null where a key is needed
 */
export async function mergeCiphertext(path: string, blobs: Blobs): Promise<Uint8Array | null> {
  try {
    const [ours, theirs] = [await readSopsFile(path, blobs.ours), await readSopsFile(path, blobs.theirs)];
    if (ours === null || theirs === null || ours.format.name !== theirs.format.name) return null;
    // A binary file's envelope is JSON.
    const format: FormatName = ours.format.name === 'binary' ? 'json' : ours.format.name;
    const merged = await mergePlaintext(format, blobs, 'base');
    if (merged === null || merged.conflict) return null;
    const file = await readSopsFile(path, merged.bytes);
    if (file === null || exposedByItself(file).length > 0) return null;
    return says(file, ours) || says(file, theirs) ? merged.bytes : null;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** Whether a file's MAC is right if the other's is. */
function says(file: SopsFile, other: SopsFile): boolean {
  const { mac, lastModified, selector, macOnlyEncrypted } = file.metadata;
  const { metadata } = other;
  return (
    mac === metadata.mac &&
    lastModified === metadata.lastModified &&
    macOnlyEncrypted === metadata.macOnlyEncrypted &&
    JSON.stringify(selector) === JSON.stringify(metadata.selector) &&
    valuesOf(file) === valuesOf(other)
  );
}

function valuesOf({ view }: SopsFile): string {
  const values = view.leaves.flatMap((leaf) =>
    leaf.kind === 'comment' ? [] : [[aadOf(leaf.path), leaf.type, leaf.selected, textOf(leaf.canonical)]],
  );
  return JSON.stringify(values);
}

function textOf(canonical: string | Uint8Array): string {
  return typeof canonical === 'string' ? canonical : Buffer.from(canonical).toString('base64');
}
