import type { CryptoBackend } from '../crypto/backend.ts';
import { defaultBackend } from '../crypto/default-backend.ts';
import { GitSopsError } from '../errors.ts';
import { formatNameOf } from '../format/by-path.ts';
import { type FormatName, formatNames } from '../format/format.ts';
import { keyringOf } from '../keys/identity-keyring.ts';
import type { Keyring } from '../keys/keyring.ts';

/** What every function of the library takes beside the file's content. */
export interface FileOptions {
  /** The file's path or name, with `/`: its ending gives the format, as with sops, and `rules` are asked for it. Nothing is read. */
  readonly path?: string;
  /** Where the name does not say it. Default: by `path`; without one, YAML. */
  readonly format?: FormatName;
  /** Default: `node:crypto` on Node and Bun, `@noble/ciphers` elsewhere. */
  readonly backend?: CryptoBackend;
}

/** For what a data key must be unwrapped for. */
export interface KeyOptions {
  /**
   * age identities (`AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`): one, a list of them, or a whole key file with its comments; or a
   * keyring, such as Node's `createKeyring`.
   */
  readonly identities: string | readonly string[] | Keyring;
}

/** Plaintext, as UTF-8 where it is a string. */
export type Source = string | Uint8Array;

/** @throws GitSopsError `not-utf8` for a string with half a character, which would come back as another one */
export function bytesOf(source: Source): Uint8Array {
  if (source instanceof Uint8Array) return source;
  if (typeof source !== 'string') throw new TypeError("a file's content is a string or a Uint8Array");
  if (/\p{Surrogate}/u.test(source)) throw new GitSopsError('not-utf8');
  return new TextEncoder().encode(source);
}

/** @throws TypeError for a format that is none */
export function formatOf({ path, format }: FileOptions): FormatName {
  return format === undefined ? (path === undefined ? 'yaml' : formatNameOf(path)) : knownFormat(format);
}

/** Programs without types may say anything. */
export function knownFormat(name: FormatName): FormatName {
  if (!formatNames.includes(name)) throw new TypeError(`a format is one of ${formatNames.join(', ')}`);
  return name;
}

export function backendOf({ backend = defaultBackend }: FileOptions): CryptoBackend {
  return backend;
}

/** Whatever is wrong with a file is told with its path, where one was given. */
export async function withPath<T>({ path }: FileOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const named = error instanceof GitSopsError && path !== undefined && error.facts.file === undefined;
    throw named ? error.with({ file: path }) : error;
  }
}

/** @throws GitSopsError `broken-identity` with the line's number, never its content */
export async function keyringFor({ identities }: KeyOptions): Promise<Keyring> {
  if (typeof identities === 'string') return keyringOf(identities);
  if (isList(identities)) return keyringOf(identities.join('\n'));
  if (typeof identities?.dataKey !== 'function')
    throw new TypeError('identities is a string, a list of strings or a keyring');
  return identities;
}

function isList(identities: readonly string[] | Keyring): identities is readonly string[] {
  return Array.isArray(identities);
}
