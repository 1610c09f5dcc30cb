import { createHmac, randomBytes } from 'node:crypto';
import { FILE_KEY_LENGTH, PAYLOAD_NONCE_LENGTH, payloadNonce, type Stanza } from './age-file.ts';
import { deriveKey, seal } from './age-primitives.ts';

/** What the stanzas of one age file wrap; 16 bytes from the CSPRNG. */
export function newFileKey(): Uint8Array {
  return randomBytes(FILE_KEY_LENGTH);
}

/**
 * A data key as an age file in ASCII armor with a newline at its end, as sops stores it: one chunk.
 * @param plaintext at most 64 KiB
 * @param fileKey fresh, and wrapped by each of the stanzas
 */
export async function writeAgeFile(
  plaintext: Uint8Array,
  fileKey: Uint8Array,
  stanzas: Promise<readonly Stanza[]>,
): Promise<string> {
  const nonce = randomBytes(PAYLOAD_NONCE_LENGTH);
  const [payload, wrapped] = await Promise.all([
    seal(deriveKey(fileKey, nonce, 'payload'), payloadNonce(), plaintext),
    stanzas,
  ]);
  const header = `age-encryption.org/v1\n${wrapped.map(encodeStanza).join('')}---`;
  const macKey = deriveKey(fileKey, new Uint8Array(0), 'header');
  const mac = unpadded(createHmac('sha256', macKey).update(header).digest());
  return armor(Buffer.concat([Buffer.from(`${header} ${mac}\n`), nonce, payload]));
}

/** Lines of 64 characters behind the arguments, the last one shorter, if need be empty. */
export function encodeStanza({ args, body }: Stanza): string {
  return `-> ${args.join(' ')}\n${unpadded(body).replace(/.{64}/g, '$&\n')}\n`;
}

function armor(file: Buffer): string {
  const lines = file.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN AGE ENCRYPTED FILE-----\n${lines.join('\n')}\n-----END AGE ENCRYPTED FILE-----\n`;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
