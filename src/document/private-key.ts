import { decodeBech32 } from '../keys/age/bech32.ts';

/** A private key in the clear. */
export interface PrivateKey {
  readonly what: string;
  /** Where it begins, both from 1. */
  readonly line: number;
  readonly column: number;
}

/** One of these is in every file that holds such a key. */
export const privateKeySigns = ['AGE-SECRET-KEY-', 'PRIVATE KEY', 'PuTTY-User-Key-File-'] as const;

const ageKey = /\bAGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{50,}/g;
const marker = /-----(BEGIN|END) ((?:[A-Z]{1,20} )?PRIVATE KEY|PGP PRIVATE KEY BLOCK)-----/g;
/** Characters between the markers; no key needs more. */
const mostBody = 65536;
const putty = /^PuTTY-User-Key-File-\d: (\S+)\r?\nEncryption: none\r?$/gm;

/**
 * Private keys that anybody can use who has the file. Placeholders, public keys and what a passphrase protects are none:
 * an age key's checksum must fit, and a block must decode to what its first line says.
 * @param content bytes, or a text with one character for each of them
 */
export function findPrivateKeys(content: Uint8Array | string): PrivateKey[] {
  // One character a byte, so that nothing is decoded that is not text.
  const text =
    typeof content === 'string'
      ? content
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  if (!privateKeySigns.some((sign) => text.includes(sign))) return [];
  const found: { at: number; what: string }[] = [];
  for (const { 0: word, index } of text.matchAll(ageKey)) {
    const decoded = decodeBech32(word);
    if (typeof decoded !== 'string' && decoded.bytes.length === 32) found.push({ at: index, what: 'an age identity' });
  }
  for (const { label, body, at } of blocksIn(text)) if (isOpen(label, body)) found.push({ at, what: nameOf(label) });
  for (const { index } of text.matchAll(putty)) found.push({ at: index, what: 'an SSH private key (PuTTY)' });
  const places = placesIn(text);
  return found.sort((a, b) => a.at - b.at).map(({ at, what }) => ({ what, ...places(at) }));
}

interface Block {
  readonly label: string;
  readonly body: string;
  /** Where its first marker begins. */
  readonly at: number;
}

/** Each marker is met once, so that a file of nothing but beginnings takes no longer than any other. */
function* blocksIn(text: string): Generator<Block> {
  let open: { label: string; at: number; start: number } | null = null;
  for (const { 0: whole, 1: side, 2: label = '', index } of text.matchAll(marker)) {
    if (side === 'BEGIN') open = { label, at: index, start: index + whole.length };
    else if (open?.label === label) {
      if (index - open.start <= mostBody) yield { label, body: text.slice(open.start, index), at: open.at };
      open = null;
    }
  }
}

function nameOf(label: string): string {
  if (label.startsWith('PGP')) return 'a PGP private key';
  return label.startsWith('OPENSSH') ? 'an SSH private key' : 'a PEM private key';
}

/** Whether the block is a private key, and one that no passphrase protects. */
function isOpen(label: string, body: string): boolean {
  if (label.startsWith('ENCRYPTED') || /Proc-Type: *4,ENCRYPTED/.test(body)) return false;
  // In source code and JSON the line ends are written as \n.
  const lines = body.replace(/\\r|\\n/g, '\n').split('\n');
  const blank = lines.findLastIndex((line) => /^\s*[A-Za-z-]+: /.test(line));
  const base64 = lines
    .slice(blank + 1)
    .map((line) => line.trim())
    // The last line of PGP's armor is a checksum.
    .filter((line) => !/^=[A-Za-z0-9+/]{4}$/.test(line))
    .join('');
  if (!/^[A-Za-z0-9+/]{32,}={0,2}$/.test(base64)) return false;
  const key = Buffer.from(base64, 'base64');
  if (label.startsWith('PGP')) return isOpenPgp(key);
  if (label.startsWith('OPENSSH')) {
    // OpenSSH's PROTOCOL.key: the magic, then the cipher's name with its length in front.
    return key.toString('latin1').startsWith('openssh-key-v1\0\0\0\0\x04none');
  }
  return isDerSequence(key);
}

/** SEQUENCE with a length that fits (X.690, 8.1). */
function isDerSequence(der: Buffer): boolean {
  if (der[0] !== 0x30) return false;
  const first = der[1] ?? 0;
  if (first < 0x80) return der.length === 2 + first;
  const count = first & 0x7f;
  return count > 0 && count < 4 && der.length > 2 + count && der.length === 2 + count + der.readUIntBE(2, count);
}

/** The first packet is a secret key (RFC 9580, 5.5.3) whose usage octet, behind the public key's numbers, is 0. */
function isOpenPgp(packets: Buffer): boolean {
  const tag = packets[0] ?? 0;
  if ((tag & 0x80) === 0) return false;
  const newFormat = (tag & 0x40) !== 0;
  if ((newFormat ? tag & 0x3f : (tag >> 2) & 0xf) !== 5) return false;
  let at = newFormat
    ? (packets[1] ?? 0) < 192
      ? 2
      : (packets[1] ?? 0) < 224
        ? 3
        : 6
    : 1 + ([1, 2, 4, 0][tag & 3] ?? 0);
  // What cannot be looked into counts as open.
  if (packets[at] !== 4) return true;
  const algorithm = packets[at + 5] ?? 0;
  at += 6;
  const number = () => {
    at += 2 + Math.ceil((((packets[at] ?? 0) << 8) | (packets[at + 1] ?? 0)) / 8);
  };
  const curve = () => {
    at += 1 + (packets[at] ?? 0);
  };
  if (algorithm >= 1 && algorithm <= 3) for (let i = 0; i < 2; i++) number();
  else if (algorithm === 17) for (let i = 0; i < 4; i++) number();
  else if (algorithm === 19 || algorithm === 22) {
    curve();
    number();
  } else return true;
  return packets[at] === 0 || packets[at] === undefined;
}

/** Line and column of rising offsets; what lies before one is looked at once. */
function placesIn(text: string): (at: number) => { line: number; column: number } {
  let line = 1;
  let column = 1;
  let seen = 0;
  let lineEnd = text.indexOf('\n');
  return (at) => {
    while (lineEnd >= 0 && lineEnd < at) {
      line++;
      column = 1;
      seen = lineEnd + 1;
      lineEnd = text.indexOf('\n', seen);
    }
    // Columns are counted in UTF-16 units, as the parsers count them.
    column += Buffer.from(text.slice(seen, at), 'latin1').toString().length;
    seen = at;
    return { line, column };
  };
}
