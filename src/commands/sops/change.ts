import { nodeBackend } from '../../crypto/node-backend.ts';
import { hasConflictMarkers } from '../../document/conflict-markers.ts';
import { convert, sealedAs } from '../../document/edit/convert.ts';
import type { Opened } from '../../document/open.ts';
import { sealFile } from '../../document/seal.ts';
import { isConflict, readContent, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { loadFormat } from '../../format/by-path.ts';
import type { FormatName } from '../../format/format.ts';
import { shellQuote } from '../../quote.ts';
import type { Io } from '../io.ts';
import { openEncrypted, readEncrypted } from './encrypted.ts';
import type { Input } from './input.ts';
import { refuseUnmerged } from './rekeyed-file.ts';
import { resolvedConflict } from './resolved-conflict.ts';
import type { Session } from './session.ts';
import { unlockedFile } from './unlocked-file.ts';

/** A file whose values can be changed: encrypted, or plaintext here and encrypted in Git. */
export interface Changeable {
  readonly input: Input;
  readonly format: FormatName;
  readonly plaintext: Uint8Array;
  /** The encrypted file, here or in Git; null for one that is yet to be. */
  sealed(): Promise<SopsFile | null>;
  /** What stands in the file when its plaintext becomes this one. */
  written(plaintext: Uint8Array): Promise<Uint8Array>;
}

export interface ChangeOptions {
  readonly ignoreMac: boolean | undefined;
  /** Whether all of the plaintext will be written anew, so that a conflict in it can be settled. */
  readonly whole: boolean;
  /** What it is shown and written as. */
  readonly output: FormatName;
}

/** @throws GitSopsError `no-sops-metadata` for a plaintext file that Git does not store encrypted either; `in-conflict` */
export async function openChangeable(
  input: Input,
  format: FormatName,
  session: Session,
  { ignoreMac, whole, output }: ChangeOptions,
): Promise<Changeable> {
  try {
    const file = await readEncrypted(input.name, input.bytes, format, ignoreMac).catch(async (error: unknown) => {
      await refuseUnmerged(input, error);
      throw error;
    });
    if (isConflict(file) && !whole) throw new GitSopsError('in-conflict', { file: input.name });
    const opened = await openEncrypted(input.name, file, session, ignoreMac);
    const resolve = isConflict(file) && input.file !== null ? await resolvedConflict(input.file, session.io) : null;
    const own = file.format.name;
    // A conflict, and an envelope under another name, stays what it is.
    const as = output === format || isConflict(file) ? own : sealedAs(own, output);
    const plaintext = await convert(opened.bytes, own, as, null, 'json');
    const sealed = (changed: Uint8Array) => seal(opened, changed, session.io, as);
    // What is not settled yet stays the conflict that it is.
    const written = (changed: Uint8Array) =>
      resolve === null || hasConflictMarkers(changed) ? sealed(changed) : resolve(changed);
    return { input, format: as, plaintext, sealed: async () => file, written };
  } catch (error) {
    const isPlain = error instanceof GitSopsError && error.code === 'no-sops-metadata' && input.file !== null;
    const unlocked = isPlain ? await unlockedFile(input.file) : null;
    if (unlocked === null) throw error;
    refuseOtherFormat(input.name, format, output);
    return {
      input,
      format,
      plaintext: input.bytes,
      sealed: () => readEncrypted(input.name, unlocked.blob, format),
      written: (plaintext) => checked(plaintext, input, format, session, unlocked.blob),
    };
  }
}

/** What Git's filter takes care of has the type that its name says. @throws GitSopsError `wrong-use` */
export function refuseOtherFormat(file: string, format: FormatName, output: FormatName): void {
  if (output === format) return;
  throw new GitSopsError('wrong-use', {
    file,
    detail: `is ${format} to Git's filter by its name, whatever --output-type says`,
    other: `git sops decrypt --output-type ${output} ${shellQuote(file)} shows it so`,
  });
}

/** The same file with another plaintext: what did not change keeps its ciphertext. */
async function seal(base: Opened, plaintext: Uint8Array, { now }: Io, output: FormatName): Promise<Uint8Array> {
  const { metadata } = base.file;
  const format = await loadFormat(output);
  const isSame = format === base.file.format && Buffer.compare(plaintext, base.bytes) === 0;
  if (isSame && base.mac !== '') return base.file.parsed.source;
  const parsed = format.parse(plaintext);
  if (parsed.metadata !== null) throw new GitSopsError('sops-key-in-plaintext');
  return sealFile({ format, parsed, metadata, dataKey: base.dataKey, base, backend: nodeBackend, now });
}

/** Plaintext stays plaintext, but only one that the next `git add` takes. */
async function checked(
  plaintext: Uint8Array,
  { name }: Input,
  format: FormatName,
  session: Session,
  blob: Uint8Array,
): Promise<Uint8Array> {
  const content = await readContent(name, plaintext, format);
  if (content.kind === 'encrypted') throw new GitSopsError('sops-key-in-plaintext');
  const base = await readEncrypted(name, blob, format);
  const { metadata } = base;
  const found = await session.keyring.dataKey(metadata.keyGroups, metadata.shamirThreshold);
  if (found.dataKey !== null)
    await seal(await openEncrypted(name, base, session), plaintext, session.io, base.format.name);
  return plaintext;
}
