import { readFileSync } from 'node:fs';
import { GitSopsError } from '../../errors.ts';
import type { KeyContext } from '../key-context.ts';
import type { LoadedKeys } from '../sources/identity-source.ts';
import { withPassphrase } from '../terminal/terminal.ts';
import type { SshKeyFile } from './key-file.ts';
import { parseSshKeyFile } from './private-key.ts';
import { parseSshPublicKey, type SshPublicKey } from './public-key.ts';
import { SshIdentity } from './ssh-identity.ts';
import type { SshSecret } from './ssh-stanza.ts';
import { SshKeyError } from './wire.ts';

/**
 * A private SSH key as an identity. An encrypted one asks for its passphrase when a file is for it, as ssh would.
 * @param path beside it a `.pub` file may stand; null where the key has no path
 */
export function loadSshKey(text: string, source: string, path: string | null, context: KeyContext): LoadedKeys {
  try {
    const key = parseSshKeyFile(text);
    const publicKey = key.publicKey ?? besides(path);
    const identity = new SshIdentity(publicKey, key.encrypted, () => unlock(key, publicKey, source, path, context));
    return { identities: [identity], problems: [], warnings: [] };
  } catch (error) {
    if (!(error instanceof SshKeyError)) throw error;
    return { identities: [], problems: [unusable(source, error.message)], warnings: [] };
  }
}

async function unlock(
  key: SshKeyFile,
  publicKey: SshPublicKey,
  source: string,
  path: string | null,
  { terminal }: KeyContext,
): Promise<SshSecret> {
  try {
    const pair = key.encrypted
      ? await withPassphrase(terminal, `the SSH key ${path ?? source}`, (passphrase) => key.open(passphrase))
      : await key.open(null);
    if (Buffer.compare(pair.publicKey.blob, publicKey.blob) === 0) return pair.secret;
    throw new SshKeyError('it does not belong to the .pub file beside it');
  } catch (error) {
    throw error instanceof SshKeyError ? unusable(source, error.message) : error;
  }
}

/** Only OpenSSH's format has the public key in the clear. */
function besides(path: string | null): SshPublicKey {
  if (path === null) throw new SshKeyError('it is encrypted in a format that hides its public key');
  try {
    return parseSshPublicKey(readFileSync(`${path}.pub`, 'latin1'));
  } catch {
    throw new SshKeyError(`it is encrypted, and ${path}.pub, which would say whose it is, cannot be read`);
  }
}

function unusable(source: string, reason: string): GitSopsError {
  return new GitSopsError('unusable-ssh-key', { detail: source, other: reason });
}
