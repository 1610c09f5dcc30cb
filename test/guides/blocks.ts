/** A fenced block of a guide, as docs/guides/README.md says what becomes of it. */
export type Block =
  | { readonly kind: 'commands'; readonly line: number; readonly text: string; readonly plugin: string | null }
  | { readonly kind: 'output'; readonly line: number; readonly text: string }
  | { readonly kind: 'file'; readonly line: number; readonly text: string; readonly path: string };

/** Blocks that are run, written or printed, in order; `shell` blocks and examples without a name are left out. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const [, language, plugin = null] = /^```(\w+)(?: (\S+))?$/.exec(lines[i] ?? '') ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`line ${i + 1}: a block has no end`);
    const text = `${lines.slice(i + 1, end).join('\n')}\n`;
    const before = lines.slice(0, i).findLast((line) => line.trim() !== '') ?? '';
    const path = /^`([^`]+)`:$/.exec(before)?.[1];
    if (language === 'sh') blocks.push({ kind: 'commands', line: i + 2, text, plugin });
    else if (language === 'text') blocks.push({ kind: 'output', line: i + 2, text });
    else if (path !== undefined) blocks.push({ kind: 'file', line: i + 2, text, path });
    i = end;
  }
  return blocks;
}
