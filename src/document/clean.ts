import type { CryptoBackend } from '../crypto/backend.ts';
import { GitSopsError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Facts } from '../messages.ts';
import { sealConflict } from './conflict-envelope.ts';
import { hasConflictMarkers, refuseConflictMarkers } from './conflict-markers.ts';
import { type CreationRule, selectorFor } from './creation-rule.ts';
import { FreshKeys } from './fresh-keys.ts';
import { type OtherVersions, resolutionOf } from './merge/resolution.ts';
import { type Opened, openFile } from './open.ts';
import { openPlainly, plainLength, readPlainly } from './plainly-opened.ts';
import {
  type Exposed,
  exposedByItself,
  exposedByRule,
  exposedBySelector,
  selectsNothing,
  strangeEntries,
} from './protection.ts';
import type { NewFile } from './rename-source.ts';
import { sameBytes } from './same-bytes.ts';
import { sealFile } from './seal.ts';
import { type Content, isConflict, mayBeEncrypted, readContent, readSopsFile, type SopsFile } from './sops-file.ts';
import { unlock } from './unlock.ts';

export interface CleanRequest {
  /** The path inside the repository; its name gives the format. */
  readonly path: string;
  /** The working file. */
  readonly content: Uint8Array;
  /** `content` as it reads, where that was found out while others worked. */
  readonly read?: Promise<Content>;
  /** The same as it is on disk, where `content` had its line ends converted. */
  readonly onDisk?: Uint8Array;
  /** The blobs that this file may follow, nearest first (index, then HEAD); asked for only until one fits. */
  bases(): AsyncIterable<Uint8Array>;
  /** The creation rule that covers the path, or null. @throws GitSopsError for rules that cannot be read. */
  rule(): Promise<CreationRule | null>;
  /** For a file without a base: the deleted file that it was renamed from, where there is one. */
  renamed?(file: NewFile): Promise<Opened | null>;
  /** For a file in conflict: what the index has beside our version. */
  others?(): Promise<OtherVersions | null>;
  /** Whether Git only compares and stages nothing: then a conflict may pass, encrypted as the merge left it. */
  onlyCompares?(): boolean;
  /** The blob that `content` was made from in this run, which no index may name yet; an answer, and never a base. */
  checkedOut?(): Uint8Array | null;
  /** What is staged, where the working file is that, by what the index recorded of it: then no key need be asked for. */
  asStaged?(): Promise<Uint8Array | null>;
  /** Told of each base that opened and verified, with its plaintext. */
  opened?(blob: Uint8Array, plaintext: Uint8Array): void;
  /** Where new files get their data keys from, if it is for more than this one. */
  readonly freshKeys?: FreshKeys;
  readonly keyring: Keyring;
  readonly backend: CryptoBackend;
  readonly now: () => Date;
}

/**
 * Working file → blob. The same plaintext gives the same blob; a changed one keeps the ciphertexts of what did not change;
 * a new file is encrypted for its rule's recipients; what is encrypted already is verified and passes as it is.
 * @throws GitSopsError for everything else: then nothing is staged.
 */
export async function cleanFile(request: CleanRequest): Promise<Uint8Array> {
  const { path, content, onDisk = content } = request;
  if (content.length === 0) return (await emptyBase(request)) ?? content;
  const isContent = (bytes: Uint8Array) => sameBytes(bytes, content) || sameBytes(bytes, onDisk);
  if (mayBeEncrypted(content)) {
    for await (const blob of request.bases()) if (isContent(blob)) return blob;
    const read = await readContent(path, content);
    if (read.kind === 'encrypted') return acceptEncrypted(request, read.file);
  }

  const base = await findBase(request, isContent);
  if (base instanceof Uint8Array) return base;
  if (base !== null && hasConflictMarkers(content) && (await mayShowConflict(request))) {
    const { metadata } = base.file;
    return sealConflict({ text: content, metadata, dataKey: base.dataKey, backend: request.backend, now: request.now });
  }
  refuseConflictMarkers(content);
  const checkedOut = request.checkedOut?.() ?? null;
  if (checkedOut !== null) return checkedOut;
  return base === null ? cleanNew(request) : cleanEdited(request, base);
}

/**
 * What a working file follows.
 * @returns the nearest base that opens; or the blob that `content` is, unchanged
 * @throws GitSopsError where there are bases and none opens
 */
async function findBase(
  request: CleanRequest,
  isContent: (bytes: Uint8Array) => boolean,
): Promise<Opened | Uint8Array | null> {
  const { path, content, keyring, backend } = request;
  let base: Opened | null = null;
  let broken: unknown = null;
  let mayBeStaged = request.asStaged !== undefined;
  const seen: Uint8Array[] = [];
  for await (const blob of request.bases()) {
    if (seen.some((other) => sameBytes(other, blob))) continue;
    seen.push(blob);
    try {
      // Of another length it is another file, which must be parsed.
      const plain = plainLength(path, blob) === content.length ? await readPlainly(path, blob) : null;
      const parsed = plain === null ? await readSopsFile(path, blob) : null;
      const file = plain ?? parsed;
      if (file === null || (parsed !== null && isConflict(parsed))) continue;
      if (mayBeStaged && !(await opensSilently(file, keyring))) {
        const staged = await request.asStaged?.();
        if (staged != null) return staged;
        mayBeStaged = false;
      }
      const dataKey = await unlock(file, keyring);
      const same = plain === null ? null : openPlainly(plain, dataKey, backend);
      if (same !== null && isContent(same)) {
        request.opened?.(blob, same);
        return blob;
      }
      const whole = parsed ?? (await readSopsFile(path, blob));
      if (whole === null) continue;
      const opened = openFile(whole, dataKey, backend);
      request.opened?.(blob, opened.bytes);
      if (isContent(opened.bytes)) return blob;
      base ??= opened;
    } catch (error) {
      // A broken blob in the index must not keep a good working file from replacing it, if HEAD's is whole.
      broken ??= error;
    }
  }
  if (base === null && broken !== null) throw broken;
  return base;
}

/** Without a passphrase, a touch or a key service. */
async function opensSilently({ metadata }: Pick<SopsFile, 'metadata'>, keyring: Keyring): Promise<boolean> {
  return (await keyring.dataKey(metadata.keyGroups, metadata.shamirThreshold, false)).dataKey !== null;
}

/** `git diff HEAD` and its kin clean what they compare, and would die in the middle of every conflict. */
async function mayShowConflict(request: CleanRequest): Promise<boolean> {
  return request.onlyCompares?.() === true && ((await request.others?.()) ?? null) !== null;
}

/** Somebody encrypted the file already (sops itself, another clone, a locked tree): it is judged, not believed. */
async function acceptEncrypted(request: CleanRequest, file: SopsFile): Promise<Uint8Array> {
  if (isConflict(file)) {
    if (await mayShowConflict(request)) return request.content;
    throw new GitSopsError('conflict-markers');
  }
  const rule = await request.rule();
  if (rule === null && !(await followsEncrypted(request))) throw new GitSopsError('no-rule');
  const [clear] = exposedByItself(file);
  if (clear !== undefined) throw new GitSopsError('not-encrypted', placeOf(clear));
  // What a later sops wrote can be staged; the gates tell of it.
  const strange = strangeEntries(file).find(({ later }) => !later);
  if (strange !== undefined) throw new GitSopsError('not-encrypted', { keyPath: strange.keyPath });
  if (rule !== null) {
    const [weaker] = exposedByRule(file, selectorFor(rule, file.format.name));
    if (weaker !== undefined) throw new GitSopsError('weaker-than-rule', placeOf(weaker));
  }
  const found = await request.keyring.dataKey(file.metadata.keyGroups, file.metadata.shamirThreshold);
  if (found.dataKey !== null) openFile(file, found.dataKey, request.backend);
  return request.content;
}

/** Recipients and selector of a file that exists come from its own metadata, as in sops; the rule is the least it must protect. */
async function cleanEdited(request: CleanRequest, base: Opened): Promise<Uint8Array> {
  const { format } = base.file;
  const read = (await request.read?.catch(() => null)) ?? null;
  const parsed = read?.kind === 'plaintext' && read.format === format ? read.parsed : format.parse(request.content);
  if (parsed.metadata !== null) throw new GitSopsError('sops-key-in-plaintext');
  const { path, keyring, backend, now } = request;
  const others = (await request.others?.()) ?? null;
  const resolution = others === null ? null : await resolutionOf(path, others, base, parsed, keyring, backend);
  const { metadata, dataKey, follows, tokens } = resolution ?? {
    metadata: base.file.metadata,
    dataKey: base.dataKey,
    follows: base,
    tokens: [],
  };
  const rule = await request.rule();
  if (rule !== null) {
    const [weaker] = exposedBySelector(parsed, metadata.selector, selectorFor(rule, format.name));
    if (weaker !== undefined) throw new GitSopsError('weaker-than-rule', placeOf(weaker));
  }
  return sealFile({ format, parsed, metadata, dataKey, base: follows, alsoReuse: tokens, backend, now });
}

async function cleanNew(request: CleanRequest): Promise<Uint8Array> {
  const rule = await request.rule();
  if (rule === null) throw new GitSopsError('no-rule');
  const content = await (request.read ?? readContent(request.path, request.content));
  if (content.kind === 'encrypted') throw new GitSopsError('sops-key-in-plaintext');
  const { format, parsed } = content;
  const { path, keyring, backend, now } = request;
  // As with sops, which nobody calls for such a file: Git's users of it see no difference, and the judge lets it pass.
  if (!mayBeEncrypted(request.content) && selectsNothing(parsed, selectorFor(rule, format.name)))
    return request.content;
  const old = (await request.renamed?.({ path, parsed, rule })) ?? null;
  if (old !== null) {
    if (sameBytes(old.bytes, request.content)) return old.file.parsed.source;
    const { metadata } = old.file;
    return sealFile({ format, parsed, metadata, dataKey: old.dataKey, base: old, backend, now });
  }
  const keys = request.freshKeys ?? new FreshKeys(backend, keyring);
  const { dataKey, metadata } = await keys.take(rule, format.name);
  return sealFile({ format, parsed, metadata, dataKey, base: null, backend, now });
}

/** A blob of sops that opens to nothing (an empty mapping, an empty binary file): it is what the empty file was made from. */
async function emptyBase(request: CleanRequest): Promise<Uint8Array | null> {
  const { path, keyring, backend } = request;
  for await (const blob of request.bases()) {
    try {
      const file = await readSopsFile(path, blob);
      if (file === null) continue;
      const asks = request.asStaged !== undefined && !(await opensSilently(file, keyring));
      const staged = asks ? await request.asStaged?.() : null;
      if (staged != null) return staged;
      if (openFile(file, await unlock(file, keyring), backend).bytes.length === 0) return blob;
    } catch (error) {
      // Whatever the base is, an empty file holds no secret.
      if (!(error instanceof GitSopsError)) throw error;
    }
  }
  return null;
}

async function followsEncrypted(request: CleanRequest): Promise<boolean> {
  for await (const blob of request.bases()) if ((await readSopsFile(request.path, blob)) !== null) return true;
  return false;
}

function placeOf({ line, column, keyPath }: Exposed): Facts {
  return { line, column, keyPath };
}
