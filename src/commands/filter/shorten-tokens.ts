/**
 * A diff without a key: each ciphertext shrinks to its type, the length of its plaintext, and enough of its own
 * bytes that a changed value shows as a changed line. Nothing here is secret: all of it stands in the blob.
 */
export function shortenTokens(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const short = text.replace(
    /ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:[A-Za-z0-9+/=]*,tag:([A-Za-z0-9+/=]*),type:([a-z]+)\]/g,
    (_token, data: string, tag: string, type: string) => `ENC[${type}, ${lengthOf(data)} bytes, ${tag.slice(0, 8)}]`,
  );
  return Buffer.from(short, 'latin1');
}

function lengthOf(base64: string): number {
  return (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
}
