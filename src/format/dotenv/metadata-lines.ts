import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import { type FlatLine, followBlock } from '../flat-block.ts';
import { flatten, unflatten } from '../flatten.ts';
import type { MetadataTree } from '../format.ts';
import type { DotenvLine } from './lines.ts';

export const prefix = 'sops_';

/** The `sops_…` lines of a file. */
export interface MetadataLines {
  readonly tree: MetadataTree;
  readonly lines: readonly FlatLine[];
  /** Whether the file starts with them. They belong at its end, but may have been moved. */
  readonly first: boolean;
}

/** @throws GitSopsError `duplicate-key`; `sops-key-in-plaintext` for `sops_…` entries that are not sops's */
export function readMetadataLines(text: string, lines: readonly DotenvLine[]): MetadataLines | null {
  const found: FlatLine[] = [];
  const names = new Set<string>();
  let firstLine: number | undefined;
  for (const line of lines) {
    if (line.kind !== 'entry' || !line.key.startsWith(prefix)) continue;
    firstLine ??= line.line;
    const name = line.key.slice(prefix.length);
    if (names.has(name)) {
      throw new GitSopsError('duplicate-key', { line: line.line, keyPath: showKeyPath([line.key]) });
    }
    names.add(name);
    found.push({
      name,
      value: unescapeNewlines(text.slice(line.valueStart, line.end)),
      source: `${text.slice(line.start, line.end)}\n`,
    });
  }
  if (firstLine === undefined) return null;
  const tree = unflatten(found.map(({ name, value }) => [name, value]));
  const { mac } = tree ?? {};
  if (tree === null || typeof mac !== 'string') throw new GitSopsError('sops-key-in-plaintext', { line: firstLine });
  return { tree, lines: found, first: firstLine === 1 && lines.length > found.length };
}

/** The `sops_…` lines for this metadata, each with its newline: sops's own, or those of the file that is followed. */
export function writeMetadataLines(metadata: MetadataTree, like: MetadataLines | null): string {
  return followBlock(
    like?.lines ?? [],
    flatten(metadata),
    ([name, value]) => `${prefix}${name}=${escapeNewlines(value)}\n`,
  );
}

export function escapeNewlines(text: string): string {
  return text.replaceAll('\n', '\\n');
}

export function unescapeNewlines(text: string): string {
  return text.replaceAll('\\n', '\n');
}
