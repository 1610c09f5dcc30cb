import { GitSopsError } from '../errors.ts';
import { decodeBech32 } from './age/bech32.ts';
import type { AgeRecipient } from './recipient.ts';

/**
 * What `recipient.ts` does where there is no `node:crypto`, for age's own recipients: `age-encryption` reads them and wraps for them.
 * SSH keys and plugins are kept as they are, and refused when something is to be wrapped for them.
 */
export function parseRecipient(text: string): AgeRecipient {
  const trimmed = text.trim();
  if (trimmed.startsWith('ssh-')) return { kind: 'ssh', text: trimmed, bytes: new Uint8Array(0) };
  if (!trimmed.startsWith('age1')) throw invalid('it does not start with age1 or ssh-');
  const decoded = decodeBech32(trimmed);
  if (typeof decoded === 'string') throw invalid(decoded);
  const kind = kinds[decoded.prefix] ?? 'plugin';
  return { kind, text: trimmed, bytes: decoded.bytes };
}

const kinds: { readonly [prefix: string]: AgeRecipient['kind'] } = {
  age: 'x25519',
  age1pq: 'hybrid',
  age1tag: 'tag',
  age1tagpq: 'tag',
};

/** @throws GitSopsError `invalid-recipient`, `unsupported-recipient` */
export async function wrapDataKey({ kind, text }: AgeRecipient, part: Uint8Array): Promise<string> {
  if (kind === 'ssh' || kind === 'plugin') throw new GitSopsError('unsupported-recipient', { detail: kind });
  const { armor, Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(text);
  } catch (cause) {
    throw invalid('its public key is not a usable one', cause);
  }
  return armor.encode(await encrypter.encrypt(part));
}

function invalid(detail: string, cause?: unknown): GitSopsError {
  return new GitSopsError('invalid-recipient', { detail }, { cause });
}
