import { GitSopsError } from '../errors.ts';
import type { Stanza } from './age/age-file.ts';
import { newFileKey, writeAgeFile } from './age/age-file-writer.ts';
import { decodeBech32 } from './age/bech32.ts';
import { wrapFileKey } from './age/x25519-stanza.ts';
import { pluginOfPrefix } from './plugin/plugin-name.ts';
import { parseSshPublicKey, readSshPublicKey } from './ssh/public-key.ts';
import { SshKeyError } from './ssh/wire.ts';
import type { Wrapping } from './wrapping.ts';

/** Someone for whom a data key can be wrapped. */
export interface AgeRecipient {
  /** X25519, post-quantum hybrid (`age1pq1…`), a tag of a hardware key (`age1tag1…`, `age1tagpq1…`), an SSH key, a plugin's. */
  readonly kind: 'x25519' | 'hybrid' | 'tag' | 'ssh' | 'plugin';
  /** As it stands in metadata and `.sops.yaml`. */
  readonly text: string;
  /** The public key; of an SSH key as SSH writes it. */
  readonly bytes: Uint8Array;
  /** Whose recipient it is, where it is a plugin's. */
  readonly plugin?: string;
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
 * @throws GitSopsError `invalid-recipient` for what is no recipient, without the text, which may be a secret in the wrong place
 */
export function parseRecipient(text: string): AgeRecipient {
  const trimmed = text.trim();
  const known = parsed.get(trimmed);
  if (known !== undefined) return known;
  const recipient = readRecipient(trimmed);
  if (parsed.size >= mostRemembered) parsed.clear();
  parsed.set(trimmed, recipient);
  return recipient;
}

/** A recipient without what says nothing: the comment of an SSH key. Two that are the same then are for the same key. */
export function plainRecipient(text: string): string {
  return text.startsWith('ssh-') ? text.split(/[ \t]+/, 2).join(' ') : text;
}

/** The files of a repository share a few recipients, and each is a public key. */
const parsed = new Map<string, AgeRecipient>();
const mostRemembered = 1000;

function readRecipient(trimmed: string): AgeRecipient {
  if (trimmed.startsWith('ssh-')) return readSshRecipient(trimmed);
  if (/^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(trimmed)) throw invalid('it is a secret key; a recipient starts with age1');
  if (!trimmed.startsWith('age1')) throw invalid('it does not start with age1 or ssh-');
  const decoded = decodeBech32(trimmed);
  if (typeof decoded === 'string') throw invalid(decoded);
  const known = kinds[decoded.prefix];
  if (known === undefined) {
    const plugin = pluginOfPrefix(decoded.prefix);
    if (plugin === null) throw invalid('its prefix is not one of age');
    return { kind: 'plugin', text: trimmed, bytes: decoded.bytes, plugin };
  }
  if (decoded.bytes.length !== known.length) {
    throw invalid(`it holds ${decoded.bytes.length} bytes where ${known.length} belong`);
  }
  return { kind: known.kind, text: trimmed, bytes: decoded.bytes };
}

function readSshRecipient(text: string): AgeRecipient {
  try {
    return { kind: 'ssh', text, bytes: parseSshPublicKey(text).blob };
  } catch (error) {
    throw error instanceof SshKeyError ? invalid(error.message) : error;
  }
}

/**
 * @param part a data key (32 bytes) or a Shamir part of one (33)
 * @returns an age file in ASCII armor with a newline at its end, as sops stores it in `enc`
 * @throws GitSopsError `invalid-recipient` for a public key that no secret can be shared with; `plugin-not-trusted`,
 *   `plugin-missing`, `plugin-failed`
 */
export async function wrapDataKey(recipient: AgeRecipient, part: Uint8Array, wrapping?: Wrapping): Promise<string> {
  if (recipient.kind === 'hybrid' || recipient.kind === 'tag') return wrapByPackage(recipient, part);
  const fileKey = newFileKey();
  return writeAgeFile(part, fileKey, stanzasFor(recipient, fileKey, wrapping));
}

async function stanzasFor(recipient: AgeRecipient, fileKey: Uint8Array, wrapping?: Wrapping): Promise<Stanza[]> {
  const { kind, bytes, text, plugin } = recipient;
  if (kind === 'ssh') {
    const { wrapForSshKey } = await import('./ssh/ssh-stanza.ts');
    try {
      return [await wrapForSshKey(readSshPublicKey(bytes), fileKey)];
    } catch (error) {
      throw error instanceof SshKeyError ? invalid(error.message) : error;
    }
  }
  if (plugin !== undefined) {
    if (wrapping === undefined || !(await wrapping.trusts(plugin))) {
      throw new GitSopsError('plugin-not-trusted', { detail: plugin });
    }
    const { wrapByPlugin } = await import('./plugin/wrap-by-plugin.ts');
    return wrapByPlugin(plugin, text, fileKey, wrapping);
  }
  const stanza = await wrapFileKey(bytes, fileKey);
  if (stanza === null) throw invalid('its public key is of low order');
  return [stanza];
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
