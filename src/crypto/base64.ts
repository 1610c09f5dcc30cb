/** Standard base64 with padding (RFC 4648 §4), with Node's Buffer where there is one, else with what browsers have. */
export function encodeBase64(bytes: Uint8Array): string {
  if (typeof Buffer !== 'undefined') return asBuffer(bytes).toString('base64');
  let binary = '';
  // In pieces: the arguments of one call stand on the stack.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** Null for anything but the one text that `encodeBase64` makes of some bytes: no blanks, no missing padding, no stray bits. */
export function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  // Both decoders skip or tolerate what is not base64; the way back shows it. Tokens are many and short, and there is a
  // quicker way: the alphabet and the stray bits of the last characters by a pattern.
  if (text.length <= mostForPattern) return strict.test(text) ? decodeLeniently(text) : null;
  const bytes = decodeLeniently(text);
  return bytes !== null && encodeBase64(bytes) === text ? bytes : null;
}

/** The same for a text of which a pattern has said already that it is strictly that. */
export function decodeCheckedBase64(text: string): Uint8Array {
  return decodeLeniently(text) ?? new Uint8Array(0);
}

/** In characters. Some engines' patterns have a limit in the megabytes. */
const mostForPattern = 4096;
/** With one `=` two bits of the character before it are left over, with two four, and they are zero. */
const strict = /^[A-Za-z0-9+/]*(?:[AEIMQUYcgkosw048]=|[AQgw]==)?$/;

function decodeLeniently(text: string): Uint8Array | null {
  if (typeof Buffer !== 'undefined') return Buffer.from(text, 'base64');
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
