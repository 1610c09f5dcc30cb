/** `1 file`, `2 files`. @param one of them, in the singular */
export function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
