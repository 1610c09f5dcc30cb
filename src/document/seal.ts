import type { CryptoBackend } from '../crypto/backend.ts';
import { computeMac, sealMac } from '../crypto/mac.ts';
import { encryptValue } from '../crypto/value-cipher.ts';
import { GitSopsError } from '../errors.ts';
import type { Format, Parsed, Plaintext } from '../format/format.ts';
import { aadOf } from '../tree/key-path.ts';
import type { Leaf } from '../tree/leaf.ts';
import { selectsOf } from '../tree/selector.ts';
import { sealLayout } from './layout-record.ts';
import { formatLastModified, type Metadata, macAad, writeMetadata } from './metadata.ts';
import { type Opened, openFile } from './open.ts';
import { isPlainlyRestored } from './plainly-restored.ts';
import { exposedInContent } from './protection.ts';
import { Reuse } from './reuse.ts';
import { sopsFileOf } from './sops-file.ts';
import { type OpenedToken, VerifiedTokens } from './verified-tokens.ts';

export interface SealRequest {
  readonly format: Format;
  /** The plaintext file, parsed. */
  readonly parsed: Parsed;
  /** What the new file's metadata shall say; MAC, time and layout record are made here. */
  readonly metadata: Omit<Metadata, 'mac' | 'lastModified' | 'layout'>;
  readonly dataKey: Uint8Array;
  /** The file that this one follows, under the same data key: its ciphertexts are kept where nothing changed. */
  readonly base: Opened | null;
  /** Further ciphertexts under the same data key, such as those of the other side of a merge. */
  readonly alsoReuse?: readonly OpenedToken[];
  readonly now: () => Date;
  readonly backend: CryptoBackend;
}

/**
 * Encrypts a file. Before it is given back, the result is opened again and compared with its source.
 * @throws GitSopsError `not-restorable` where that fails: the file is refused rather than changed.
 */
export async function sealFile(request: SealRequest): Promise<Uint8Array> {
  const { format, parsed, dataKey, base, backend } = request;
  const { selector, macOnlyEncrypted } = request.metadata;
  const view = parsed.view(selectsOf(selector));
  const known = eachOnce(base?.tokens ?? [], request.alsoReuse ?? []);
  const reuse = new Reuse(known);

  const tokenFor = (leaf: Leaf): string => {
    const value: Plaintext =
      leaf.kind === 'comment'
        ? { type: 'comment', plaintext: leaf.plaintext }
        : { type: leaf.type, plaintext: leaf.plaintext };
    const aad = aadOf(leaf.path);
    return reuse.take(aad, value) ?? encryptValue(backend, dataKey, aad, value);
  };

  const macParts: (string | Uint8Array)[] = [];
  for (const leaf of view.leaves) {
    if (leaf.kind === 'value' && leaf.type !== 'null' && (leaf.selected || !macOnlyEncrypted)) {
      macParts.push(leaf.canonical);
    }
  }
  const mac = computeMac(backend, macParts, macOnlyEncrypted);

  // Whitespace, an unselected comment, the place of a key: sops's MAC does not see them, so nor do time and MAC.
  const sameMac = base !== null && base.mac === mac && base.file.metadata.macOnlyEncrypted === macOnlyEncrypted;
  const lastModified = sameMac ? base.file.metadata.lastModified : formatLastModified(request.now());
  const metadata: Metadata = {
    ...request.metadata,
    lastModified,
    mac: sameMac ? base.file.metadata.mac : sealMac(backend, dataKey, mac, macAad(lastModified)),
    layout: sealLayout(backend, dataKey, view.layout, base?.layout ?? null),
  };

  const sealed = view.seal({
    token: tokenFor,
    metadata: writeMetadata(metadata),
    like: base !== null && base.file.format.name === format.name ? base.file.parsed : null,
  });
  const verified = new VerifiedTokens(known);
  const isProved = isPlainlyRestored({ parsed, view, sealed, metadata, mac, dataKey, backend, verified });
  if (!isProved) await proveRestorable(request, sealed, verified);
  return sealed;
}

/** A ciphertext that both have is one: two equal items of a list must not get the same. */
function eachOnce(first: readonly OpenedToken[], more: readonly OpenedToken[]): readonly OpenedToken[] {
  if (more.length === 0) return first;
  const seen = new Set(first.map(({ token }) => token));
  return [...first, ...more.filter(({ token }) => !seen.has(token) && seen.add(token))];
}

/**
 * P1 and P3 are kept by proof: what shows a selected value, or does not come back byte for byte, never gets into Git. A ciphertext that
 * was taken over must stand where it was verified; every new one is decrypted.
 */
async function proveRestorable(
  { format, parsed, dataKey, backend }: SealRequest,
  sealed: Uint8Array,
  verified: VerifiedTokens,
): Promise<void> {
  const file = await sopsFileOf(format, format.parseFully?.(sealed) ?? format.parse(sealed));
  const [exposed] = exposedInContent(file);
  if (exposed !== undefined) throw new GitSopsError('not-restorable', exposed);
  const { bytes } = openFile(file, dataKey, backend, { verified });
  if (Buffer.compare(bytes, parsed.source) !== 0) {
    throw new GitSopsError('not-restorable', { line: firstDifferingLine(parsed.source, bytes) });
  }
}

function firstDifferingLine(source: Uint8Array, restored: Uint8Array): number {
  let line = 1;
  for (let i = 0; i < source.length && source[i] === restored[i]; i++) if (source[i] === 0x0a) line++;
  return line;
}
