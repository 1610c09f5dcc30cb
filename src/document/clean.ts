import type { CryptoBackend } from '../crypto/backend.ts';
import { newDataKey } from '../crypto/data-key.ts';
import { GitSopsError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Facts } from '../messages.ts';
import { refuseConflictMarkers } from './conflict-markers.ts';
import type { CreationRule } from './creation-rule.ts';
import { newFileMetadata } from './new-file.ts';
import { type Opened, openFile } from './open.ts';
import { type Exposed, exposedByItself, exposedByRule, exposedBySelector } from './protection.ts';
import { sealFile } from './seal.ts';
import { mayBeEncrypted, readContent, readSopsFile, type SopsFile } from './sops-file.ts';
import { unlock } from './unlock.ts';

export interface CleanRequest {
  /** The path inside the repository; its name gives the format. */
  readonly path: string;
  /** The working file. */
  readonly content: Uint8Array;
  /** The blobs that this file may follow, nearest first (index, then HEAD); asked for only until one fits. */
  bases(): AsyncIterable<Uint8Array>;
  /** The creation rule that covers the path, or null. @throws GitSopsError for rules that cannot be read. */
  rule(): Promise<CreationRule | null>;
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
  const { path, content } = request;
  if (content.length === 0) return content;
  if (mayBeEncrypted(content)) {
    for await (const blob of request.bases()) if (sameBytes(blob, content)) return blob;
    const read = await readContent(path, content);
    if (read.kind === 'encrypted') return acceptEncrypted(request, read.file);
  }

  let base: Opened | null = null;
  let broken: unknown = null;
  const seen: Uint8Array[] = [];
  for await (const blob of request.bases()) {
    if (seen.some((other) => sameBytes(other, blob))) continue;
    seen.push(blob);
    try {
      const file = await readSopsFile(path, blob);
      if (file === null) continue;
      const opened = openFile(file, await unlock(file, request.keyring), request.backend);
      if (sameBytes(opened.bytes, content)) return blob;
      base ??= opened;
    } catch (error) {
      // A broken blob in the index must not keep a good working file from replacing it, if HEAD's is whole.
      broken ??= error;
    }
  }
  if (base === null && broken !== null) throw broken;

  refuseConflictMarkers(content);
  return base === null ? cleanNew(request) : cleanEdited(request, base);
}

/** Somebody encrypted the file already (sops itself, another clone, a locked tree): it is judged, not believed. */
async function acceptEncrypted(request: CleanRequest, file: SopsFile): Promise<Uint8Array> {
  const rule = await request.rule();
  if (rule === null && !(await followsEncrypted(request))) throw new GitSopsError('no-rule');
  const [clear] = exposedByItself(file);
  if (clear !== undefined) throw new GitSopsError('not-encrypted', placeOf(clear));
  if (rule !== null) {
    const [weaker] = exposedByRule(file, rule.selector);
    if (weaker !== undefined) throw new GitSopsError('weaker-than-rule', placeOf(weaker));
  }
  const found = await request.keyring.dataKey(file.metadata.keyGroups, file.metadata.shamirThreshold);
  if (found.dataKey !== null) openFile(file, found.dataKey, request.backend);
  return request.content;
}

/** Recipients and selector of a file that exists come from its own metadata, as in sops; the rule is the least it must protect. */
async function cleanEdited(request: CleanRequest, base: Opened): Promise<Uint8Array> {
  const { metadata, format } = base.file;
  const parsed = format.parse(request.content);
  if (parsed.metadata !== null) throw new GitSopsError('sops-key-in-plaintext');
  const rule = await request.rule();
  if (rule !== null) {
    const [weaker] = exposedBySelector(parsed, metadata.selector, rule.selector);
    if (weaker !== undefined) throw new GitSopsError('weaker-than-rule', placeOf(weaker));
  }
  const { backend, now } = request;
  return sealFile({ format, parsed, metadata, dataKey: base.dataKey, base, backend, now });
}

async function cleanNew(request: CleanRequest): Promise<Uint8Array> {
  const rule = await request.rule();
  if (rule === null) throw new GitSopsError('no-rule');
  const content = await readContent(request.path, request.content);
  if (content.kind === 'encrypted') throw new GitSopsError('sops-key-in-plaintext');
  const { format, parsed } = content;
  const { backend, now } = request;
  const dataKey = newDataKey(backend);
  const metadata = await newFileMetadata(rule, dataKey, format.name, backend);
  return sealFile({ format, parsed, metadata, dataKey, base: null, backend, now });
}

async function followsEncrypted(request: CleanRequest): Promise<boolean> {
  for await (const blob of request.bases()) if ((await readSopsFile(request.path, blob)) !== null) return true;
  return false;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function placeOf({ line, column, keyPath }: Exposed): Facts {
  return { line, column, keyPath };
}
