import { createHmac, randomBytes } from 'node:crypto';
import { FILE_KEY_LENGTH, PAYLOAD_NONCE_LENGTH, payloadNonce, type Stanza } from './age-file.ts';
import { deriveKey, seal } from './age-primitives.ts';

/**
 * A data key as an age file in ASCII armor with a newline at its end, as sops stores it: one stanza, one chunk.
 * @param plaintext at most 64 KiB
 * @param wrap makes the stanza of the fresh file key; null where that recipient cannot have one, and then there is no file
 */
export function writeAgeFile(plaintext: Uint8Array, wrap: (fileKey: Uint8Array) => Stanza | null): string | null {
  const fileKey = randomBytes(FILE_KEY_LENGTH);
  const stanza = wrap(fileKey);
  if (stanza === null) return null;
  const body = unpadded(stanza.body).replace(/.{64}/g, '$&\n');
  const header = `age-encryption.org/v1\n-> ${stanza.args.join(' ')}\n${body}\n---`;
  const macKey = deriveKey(fileKey, new Uint8Array(0), 'header');
  const mac = unpadded(createHmac('sha256', macKey).update(header).digest());
  const nonce = randomBytes(PAYLOAD_NONCE_LENGTH);
  const payload = seal(deriveKey(fileKey, nonce, 'payload'), payloadNonce(), plaintext);
  return armor(Buffer.concat([Buffer.from(`${header} ${mac}\n`), nonce, payload]));
}

function armor(file: Buffer): string {
  const lines = file.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN AGE ENCRYPTED FILE-----\n${lines.join('\n')}\n-----END AGE ENCRYPTED FILE-----\n`;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
