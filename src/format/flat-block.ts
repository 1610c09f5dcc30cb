import type { FlatEntry } from './flatten.ts';

/** One metadata entry of a file that exists: its name and value, and the lines that say so, line end included. */
export interface FlatLine {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/**
 * The lines of a metadata block that follows another: an entry with the same value keeps its very bytes and its place, a
 * changed one is written where it stood, a new one comes after the entry that sops would put before it.
 */
export function followBlock(
  base: readonly FlatLine[],
  entries: readonly FlatEntry[],
  write: (entry: FlatEntry, old: FlatLine | null) => string,
): string {
  const wanted = new Map(entries);
  const known = new Set(base.map(({ name }) => name));
  const after = new Map<string, string[]>();
  let previous = '';
  for (const entry of entries) {
    if (known.has(entry[0])) previous = entry[0];
    else after.set(previous, [...(after.get(previous) ?? []), write(entry, null)]);
  }
  let block = (after.get('') ?? []).join('');
  for (const line of base) {
    const value = wanted.get(line.name);
    if (value !== undefined) block += value === line.value ? line.source : write([line.name, value], line);
    block += (after.get(line.name) ?? []).join('');
  }
  return block;
}
