import { gpgErrors, gpgMends, gpgReasons } from '../../clauses.ts';
import { GitSopsError } from '../../errors.ts';
import { findProgram } from '../../find-program.ts';
import type { KeyContext } from '../key-context.ts';
import { runGpg } from './gpg-process.ts';
import { isForKeysOnly } from './pgp-message.ts';

/**
 * PGP keys by the user's GnuPG, which `SOPS_GPG_EXEC` may name and `GNUPGHOME` may move. Its agent holds the secret keys and asks
 * for their passphrases. dirmngr, GnuPG's way to the network, stays off: what is to be read was written by others.
 */
const always = ['--batch', '--no-tty', '--status-fd', '2', '--disable-dirmngr', '--output', '-'];

/**
 * @param fingerprint hexadecimal, at least 16 digits, with `!` for this very subkey
 * @returns an armored PGP message without a newline at its end, as sops stores it
 * @throws GitSopsError `unserved-recipient`
 */
export async function gpgWrap(fingerprint: string, part: Uint8Array, context: KeyContext): Promise<string> {
  const asked = { detail: `pgp:${fingerprint}` };
  const program = gpgProgram(context);
  if (program === null) {
    throw new GitSopsError('unserved-recipient', { ...asked, other: missing(context), mend: gpgMends.install });
  }
  // Who wrote the fingerprint into the rule decided about it; sops's --trusted-key would write that into the trust database.
  const trust = ['--trust-model', 'always', '--no-encrypt-to', '--no-default-recipient', '--no-auto-key-locate'];
  const args = [...always, ...trust, '--armor', '--recipient', fingerprint, '--encrypt'];
  const { code, stdout, status } = await runGpg(program, args, part, context);
  const text = stdout.toString('latin1').trim();
  if (code === 0 && text.startsWith('-----BEGIN PGP MESSAGE-----')) return text;
  const unknown = status.some((line) => /^INV_RECP (?:1|9|10) /.test(line));
  const unfit = status.some((line) => /^INV_RECP /.test(line));
  throw new GitSopsError('unserved-recipient', {
    ...asked,
    other: unknown ? gpgReasons.noPublicKey : unfit ? gpgReasons.unfitKey : failure(status, code),
    mend: unknown ? gpgMends.importKey(fingerprint) : gpgMends.listKey(fingerprint),
  });
}

/** Null where it is for somebody else; a text says what went wrong. */
export async function gpgUnwrap(message: string, context: KeyContext): Promise<Uint8Array | string | null> {
  const program = gpgProgram(context);
  if (program === null) return missing(context);
  if (!isForKeysOnly(message)) return gpgReasons.notForKeys;
  // A signature would say nothing here, and to look for its key could ask a host that the message names.
  const args = [...always, '--skip-verify', '--no-auto-key-retrieve', '--decrypt'];
  const { code, stdout, status } = await runGpg(program, args, Buffer.from(message), context);
  if (code === 0 && status.includes('DECRYPTION_OKAY') && stdout.length > 0) return new Uint8Array(stdout);
  const isOurs = status.some((line) => /^(?:PINENTRY_LAUNCHED|DECRYPTION_KEY|ERROR pkdecrypt_failed) /.test(line));
  return isOurs || code === null ? failure(status, code) : null;
}

/** The fingerprints, of primary keys and subkeys, whose secret keys are here. */
export async function gpgOwnFingerprints(context: KeyContext): Promise<string[]> {
  const program = gpgProgram(context);
  if (program === null) return [];
  const args = ['--batch', '--no-tty', '--with-colons', '--list-secret-keys'];
  const { stdout } = await runGpg(program, args, new Uint8Array(), context);
  return stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line.startsWith('fpr:'))
    .map((line) => line.split(':')[9] ?? '');
}

const variable = 'SOPS_GPG_EXEC';

function gpgProgram(context: KeyContext): string | null {
  return findProgram(context.env[variable] || 'gpg', context);
}

function missing({ env }: KeyContext): string {
  return env[variable] ? gpgReasons.noProgram(variable) : gpgReasons.notInstalled;
}

function failure(status: readonly string[], code: number | null): string {
  if (code === null) return gpgReasons.tooSlow;
  for (const line of status) {
    const number = /^(?:ERROR|FAILURE) \S+ (\d+)/.exec(line)?.[1];
    const reason = number === undefined ? undefined : gpgErrors[Number(number) & 0xffff];
    if (reason !== undefined) return reason;
  }
  return gpgReasons.failed(code);
}
