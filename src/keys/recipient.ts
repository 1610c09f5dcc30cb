import { GitSopsError } from '../errors.ts';
import { writeAgeFile } from './age-file-writer.ts';
import { decodeBech32 } from './bech32.ts';
import { wrapFileKey } from './x25519-stanza.ts';

/** Someone for whom a data key can be wrapped. */
export interface AgeRecipient {
  /** X25519, post-quantum hybrid (`age1pq1…`), or a tag of a hardware key (`age1tag1…`, `age1tagpq1…`). */
  readonly kind: 'x25519' | 'hybrid' | 'tag';
  /** As it stands in metadata and `.sops.yaml`. */
  readonly text: string;
  /** The public key. */
  readonly bytes: Uint8Array;
}

/** By bech32 prefix: kind and length of the key. */
const kinds: { readonly [prefix: string]: { kind: AgeRecipient['kind']; length: number } } = {
  age: { kind: 'x25519', length: 32 },
  age1pq: { kind: 'hybrid', length: 1216 },
  age1tag: { kind: 'tag', length: 33 },
  age1tagpq: { kind: 'tag', length: 1249 },
};

/**
 * @param text one recipient; blanks around it are ignored, as in sops
 * @throws GitSopsError `unsupported-recipient` for SSH keys and plugins, `invalid-recipient` for what is no recipient;
 *   neither shows the text, which may be a secret in the wrong place
 */
export function parseRecipient(text: string): AgeRecipient {
  const trimmed = text.trim();
  const ssh = /^ssh-[a-z0-9]+(?= )/.exec(trimmed)?.[0];
  if (ssh !== undefined) throw new GitSopsError('unsupported-recipient', { detail: ssh });
  if (/^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(trimmed)) throw invalid('it is a secret key; a recipient starts with age1');
  if (!trimmed.startsWith('age1')) throw invalid('it does not start with age1');
  const decoded = decodeBech32(trimmed);
  if (typeof decoded === 'string') throw invalid(decoded);
  const known = kinds[decoded.prefix];
  if (known === undefined) {
    const plugin = /^age1([a-z0-9+._-]+)$/.exec(decoded.prefix)?.[1];
    if (plugin === undefined) throw invalid('its prefix is not one of age');
    throw new GitSopsError('unsupported-recipient', { detail: `age plugin "${plugin}"` });
  }
  if (decoded.bytes.length !== known.length) {
    throw invalid(`it holds ${decoded.bytes.length} bytes where ${known.length} belong`);
  }
  return { kind: known.kind, text: trimmed, bytes: decoded.bytes };
}

/**
 * @param part a data key (32 bytes) or a Shamir part of one (33)
 * @returns an age file in ASCII armor with a newline at its end, as sops stores it in `enc`
 * @throws GitSopsError `invalid-recipient` for a public key that no secret can be shared with
 */
export async function wrapDataKey(recipient: AgeRecipient, part: Uint8Array): Promise<string> {
  if (recipient.kind !== 'x25519') return wrapByPackage(recipient, part);
  const armored = writeAgeFile(part, (fileKey) => wrapFileKey(recipient.bytes, fileKey));
  if (armored === null) throw invalid('its public key is of low order');
  return armored;
}

async function wrapByPackage({ text }: AgeRecipient, part: Uint8Array): Promise<string> {
  const { armor, Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(text);
    return armor.encode(await encrypter.encrypt(part));
  } catch {
    throw invalid('its public key is not a usable one');
  }
}

function invalid(detail: string): GitSopsError {
  return new GitSopsError('invalid-recipient', { detail });
}
