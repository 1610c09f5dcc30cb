import { decodeBech32 } from '../keys/age/bech32.ts';

/** A private key in the clear. */
export interface PrivateKey {
  readonly what: string;
  /** Where it begins, both from 1. */
  readonly line: number;
  readonly column: number;
}

const plainSigns = ['AGE-SECRET-KEY-', 'PRIVATE KEY', 'PuTTY-User-Key-File-'] as const;

/** As a Secret of Kubernetes has them. */
const base64Signs = ['AGE-SECRET-KEY-', 'PRIVATE KEY'].flatMap((sign) =>
  [0, 1, 2].map((ahead) => insideBase64(sign, ahead)),
);

/** One of these is in every file that holds such a key. */
export const privateKeySigns: readonly string[] = [...plainSigns, ...base64Signs];

/** All at once: one look at a text takes less time than one for each. None of them has a letter that means something to a pattern. */
const anySign = new RegExp(privateKeySigns.join('|'));

/** Whether a closer look is worth its time: false is certain. @param content bytes, or a text with one character for each of them */
export function mayHoldPrivateKey(content: Uint8Array | string): boolean {
  return anySign.test(typeof content === 'string' ? content : latin1(content));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

const ageKey = /\bAGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{50,}/g;
const marker = /-----(BEGIN|END) ((?:[A-Z]{1,20} )?PRIVATE KEY|PGP PRIVATE KEY BLOCK)-----/g;
/** In front of a marker, in characters. */
const mostMargin = 100;
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
  const text = typeof content === 'string' ? content : latin1(content);
  if (!mayHoldPrivateKey(text)) return [];
  const found = plainSigns.some((sign) => text.includes(sign)) ? foundIn(text) : [];
  if (base64Signs.some((sign) => text.includes(sign))) found.push(...foundInBase64(text));
  if (found.length === 0) return [];
  const places = placesIn(text);
  return found.sort((a, b) => a.at - b.at).map(({ at, what }) => ({ what, ...places(at) }));
}

interface Found {
  readonly at: number;
  readonly what: string;
}

/** @param text one character for each byte */
function foundIn(text: string): Found[] {
  const found: Found[] = [];
  for (const { 0: word, index } of text.matchAll(ageKey)) {
    const decoded = decodeBech32(word);
    if (typeof decoded !== 'string' && decoded.bytes.length === 32) found.push({ at: index, what: 'an age identity' });
  }
  for (const block of blocksIn(text)) if (isOpen(block)) found.push({ at: block.at, what: nameOf(block.label) });
  for (const { index } of text.matchAll(putty)) found.push({ at: index, what: 'an SSH private key (PuTTY)' });
  return found;
}

const base64Run = /[A-Za-z0-9+/]+(?:\r?\n[ \t]*[A-Za-z0-9+/]+)*={0,2}/g;

function foundInBase64(text: string): Found[] {
  const found: Found[] = [];
  for (const { 0: run, index } of text.matchAll(base64Run)) {
    // Only the last line break may be in the middle of a sign.
    const joined = run.replace(/\s+/g, '');
    if (!base64Signs.some((sign) => joined.includes(sign))) continue;
    const decoded = Buffer.from(joined, 'base64').toString('latin1');
    for (const { what } of foundIn(decoded)) found.push({ at: index, what: `${what} in base64` });
  }
  return found;
}

/** What stands in base64 for a text, whatever is around it. @param ahead how many bytes of a group of three are in front of it */
function insideBase64(text: string, ahead: number): string {
  const bits = (ahead + text.length) * 8;
  const encoded = Buffer.from('\0'.repeat(ahead) + text).toString('base64');
  return encoded.slice(Math.ceil((ahead * 8) / 6), Math.floor(bits / 6));
}

interface Block {
  readonly label: string;
  /** What stands in front of its first marker, in the same line. */
  readonly margin: string;
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
      const { at, start } = open;
      const margin = text.slice(Math.max(text.lastIndexOf('\n', at) + 1, at - mostMargin), at);
      if (index - start <= mostBody) yield { label, margin, body: text.slice(start, index), at };
      open = null;
    }
  }
}

function nameOf(label: string): string {
  if (label.startsWith('PGP')) return 'a PGP private key';
  return label.startsWith('OPENSSH') ? 'an SSH private key' : 'a PEM private key';
}

/** Whether the block is a private key, and one that no passphrase protects. */
function isOpen({ label, margin, body }: Block): boolean {
  if (label.startsWith('ENCRYPTED') || /Proc-Type: *4,ENCRYPTED/.test(body)) return false;
  // In source code and JSON the line ends are written as \n.
  const lines = body
    .replace(/\\r|\\n/g, '\n')
    .split('\n')
    // In a comment or a patch each line begins in the same way.
    .map((line) => (line.startsWith(margin) ? line.slice(margin.length) : line));
  const blank = lines.findLastIndex((line) => /^\s*[A-Za-z-]+: /.test(line));
  const base64 = lines
    .slice(blank + 1)
    // In source code each may be a literal, and in a variable all of them stand in one line.
    .map((line) => line.replace(/\s\+\s*$|["'`,;\s\\]/g, ''))
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
