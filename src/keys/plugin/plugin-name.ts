import { decodeBech32 } from '../age/bech32.ts';

/** What filippo.io/age allows (plugin/encode.go); no separator of paths is among it. */
const names = /^[a-z0-9+._-]+$/;

/** The plugin of an `AGE-PLUGIN-NAME-1…`; null for what is none. */
export function pluginOfIdentity(text: string): string | null {
  const decoded = decodeBech32(text);
  const name = typeof decoded === 'string' ? undefined : /^age-plugin-(.+)-$/.exec(decoded.prefix)?.[1];
  return name !== undefined && names.test(name) ? name : null;
}

/** The plugin of a recipient's bech32 prefix, `age1name`; null for what is none. */
export function pluginOfPrefix(prefix: string): string | null {
  const name = /^age1(.+)$/.exec(prefix)?.[1];
  return name !== undefined && names.test(name) ? name : null;
}
