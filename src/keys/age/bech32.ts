/** Bech32 (BIP 173) without its limit of 90 characters, as age uses it for recipients and identities. */
const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const checksumLength = 6;

export interface Bech32 {
  /** In lower case. */
  readonly prefix: string;
  readonly bytes: Uint8Array;
}

/** A string says what is wrong and where, never what stands there: the text may be a secret. */
export function decodeBech32(text: string): Bech32 | string {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return 'it mixes upper and lower case';
  const separator = lower.lastIndexOf('1');
  if (separator < 1) return 'it has no prefix';
  const prefix = lower.slice(0, separator);
  if (!/^[!-~]+$/.test(prefix)) return 'it has a character that does not belong there';
  const words: number[] = [];
  for (let at = separator + 1; at < lower.length; at++) {
    const word = alphabet.indexOf(lower[at] ?? '');
    if (word < 0) return `character ${at + 1} does not belong there`;
    words.push(word);
  }
  if (words.length < checksumLength) return 'it is too short';
  if (checksum(prefix, words) !== 1) return 'its checksum does not fit: a character is wrong or missing';
  const bytes = toBytes(words.slice(0, -checksumLength));
  return bytes === null ? 'its last character is wrong' : { prefix, bytes };
}

/** In lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = toWords(bytes);
  const sum = checksum(prefix, [...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  for (let i = checksumLength - 1; i >= 0; i--) words.push((sum >>> (5 * i)) & 31);
  let text = `${prefix}1`;
  for (const word of words) text += alphabet[word];
  return text;
}

/** Of prefix and words; 1 where the words end in their checksum. Plain loops: every `git diff` starts cold here. */
function checksum(prefix: string, words: readonly number[]): number {
  let sum = 1;
  for (let i = 0; i < prefix.length; i++) sum = step(sum, prefix.charCodeAt(i) >>> 5);
  sum = step(sum, 0);
  for (let i = 0; i < prefix.length; i++) sum = step(sum, prefix.charCodeAt(i) & 31);
  for (const word of words) sum = step(sum, word);
  return sum;
}

function step(sum: number, word: number): number {
  const top = sum >>> 25;
  let next = ((sum & 0x1ffffff) << 5) ^ word;
  if (top & 1) next ^= 0x3b6a57b2;
  if (top & 2) next ^= 0x26508e6d;
  if (top & 4) next ^= 0x1ea119fa;
  if (top & 8) next ^= 0x3d4233dd;
  if (top & 16) next ^= 0x2a1462b3;
  return next;
}

function toWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; ) {
      bits -= 5;
      words.push((buffer >>> bits) & 31);
    }
  }
  if (bits > 0) words.push((buffer << (5 - bits)) & 31);
  return words;
}

/** Null where the bits that are left over are not zero, or a whole word of them is. */
function toBytes(words: readonly number[]): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((words.length * 5) / 8));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const word of words) {
    buffer = ((buffer << 5) | word) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >>> bits) & 0xff;
    }
  }
  return bits >= 5 || (buffer & ((1 << bits) - 1)) !== 0 ? null : bytes;
}
