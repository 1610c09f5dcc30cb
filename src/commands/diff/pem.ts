import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/**
 * A text with PEM blocks in it, each block as one line that says what it is: subject, expiry and fingerprint of a certificate,
 * type and fingerprint of a key's public side. Null for a text without any.
 */
export function describePem(text: string): string[] | null {
  if (!text.includes('-----BEGIN ')) return null;
  const lines: string[] = [];
  let end = 0;
  for (const match of text.matchAll(block)) {
    lines.push(...between(text.slice(end, match.index)), describe(match[1] ?? '', match[0]));
    end = match.index + match[0].length;
  }
  if (end === 0) return null;
  return [...lines, ...between(text.slice(end))];
}

function between(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function describe(label: string, pem: string): string {
  // A runtime may lack a kind of key, or the block may be no more than its lines: then it has its name only.
  try {
    if (label === 'CERTIFICATE' || label === 'TRUSTED CERTIFICATE') return certificate(pem);
    if (label === 'OPENSSH PRIVATE KEY') return openSshKey(pem);
    // An encrypted one throws, and has its name only.
    if (label.endsWith('PRIVATE KEY')) return privateKey(pem);
    if (label.endsWith('PUBLIC KEY')) return `public key, ${publicSide(createPublicKey(pem))}`;
  } catch {}
  return `${label.toLowerCase()}, ${pem.length} characters`;
}

function certificate(pem: string): string {
  const { subject, validTo, fingerprint256 } = new X509Certificate(pem);
  const name = (subject ?? '').split('\n').reverse().join(', ') || 'no subject';
  const time = new Date(validTo);
  const expiry = Number.isNaN(time.getTime()) ? validTo : time.toISOString().slice(0, 10);
  return `certificate ${name}, expires ${expiry}, SHA-256 ${fingerprint256.replaceAll(':', '').toLowerCase()}`;
}

function privateKey(pem: string): string {
  return `private key, ${publicSide(createPublicKey(createPrivateKey(pem)))}`;
}

/** Of the public side as DER (SubjectPublicKeyInfo), so that a key and its public key show the same fingerprint. */
function publicSide(key: ReturnType<typeof createPublicKey>): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const size = modulusLength ?? namedCurve;
  const type = `${key.asymmetricKeyType ?? 'unknown'}${size === undefined ? '' : ` ${size}`}`;
  return `${type}, SHA-256 ${sha256(key.export({ type: 'spki', format: 'der' })).toString('hex')}`;
}

/** The public key stands in the clear behind the header (OpenSSH's PROTOCOL.key); the fingerprint is as ssh-keygen prints it. */
function openSshKey(pem: string): string {
  const bytes = Buffer.from(pem.split('\n').slice(1, -1).join(''), 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) throw new RangeError('no OpenSSH key');
  let at = magic.length;
  const field = (): Buffer => {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    return bytes.subarray(start, at);
  };
  field();
  field();
  field();
  at += 4;
  const key = field();
  const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0));
  return `OpenSSH private key, ${type}, SHA256:${sha256(key).toString('base64').replace(/=+$/, '')}`;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
