/**
 * With `core.autocrlf` or `eol=crlf`, and without `-text`, Git turns LF into CRLF on the ciphertext before smudge, and
 * CRLF into LF after clean. What the filter works on is always the LF text; these two put it there and back.
 */
export function hasCrlf(bytes: Uint8Array): boolean {
  return asBuffer(bytes).includes('\r\n');
}

export function toLf(bytes: Uint8Array): Uint8Array {
  return Buffer.from(asBuffer(bytes).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

export function toCrlf(bytes: Uint8Array): Uint8Array {
  return Buffer.from(asBuffer(bytes).toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
