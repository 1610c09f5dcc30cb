/** Of files and data keys: both come from inside, so their comparison tells nobody anything. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
