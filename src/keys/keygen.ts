import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatDate } from '../tree/go-time.ts';
import { encodeBech32 } from './age/bech32.ts';
import { keyPairOf, newScalar } from './age/x25519.ts';

export interface NewKeyFile {
  /** In age-keygen's format: two comment lines, then the identity. Secret. */
  readonly text: string;
  /** The public side. */
  readonly recipient: string;
}

/** A new X25519 identity from the CSPRNG. */
export function generateKeyFile(now: Date = new Date()): NewKeyFile {
  const scalar = newScalar();
  const recipient = encodeBech32('age', keyPairOf(scalar).point);
  const created = formatDate(now);
  const identity = encodeBech32('age-secret-key-', scalar).toUpperCase();
  return { text: `# created: ${created}\n# public key: ${recipient}\n${identity}\n`, recipient };
}

/**
 * Puts a new identity, one made here or before, into a key file, behind the ones that it has: a key that is overwritten is data that is lost.
 * A new file, and folders that are made for it, are readable by their owner alone. On disk when this returns.
 * @throws Node's error where the file cannot be written
 */
export function writeNewKey(
  path: string,
  now: Date = new Date(),
  { text, recipient }: NewKeyFile = generateKeyFile(now),
): { recipient: string; appended: boolean } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    const { size } = fstatSync(fd);
    writeSync(fd, `${size > 0 && !endsWithNewline(fd, size) ? '\n' : ''}${text}`);
    fsyncSync(fd);
    return { recipient, appended: size > 0 };
  } finally {
    closeSync(fd);
  }
}

function endsWithNewline(fd: number, size: number): boolean {
  const last = new Uint8Array(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}
