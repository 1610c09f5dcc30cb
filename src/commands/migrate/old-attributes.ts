/**
 * Lines of a `.gitattributes` file without what another tool put there: its `filter`, and the `diff` and `merge` of the same name.
 * A line that says nothing else goes as a whole; all others stay byte for byte.
 */
export function withoutFilters(file: string, filters: readonly string[]): string {
  const gone = new RegExp(`^(?:filter|diff|merge)=(?:${filters.map(escaped).join('|')})$`);
  return file
    .split(/(?<=\n)/)
    .map((line) => {
      const { pattern, attributes } = splitLine(line);
      if (pattern === null || !attributes.some((attribute) => gone.test(attribute))) return line;
      const kept = attributes.filter((attribute) => !gone.test(attribute));
      if (kept.length === 0) return '';
      return `${pattern} ${kept.join(' ')}${/\r?\n$/.exec(line)?.[0] ?? ''}`;
    })
    .join('');
}

/** The patterns that ask for one of these filters, as they stand there; null for what is no plain pattern. */
export function filterGlobs(file: string, filters: readonly string[]): (string | null)[] {
  return file.split('\n').flatMap((line) => {
    const { pattern, attributes } = splitLine(line);
    if (pattern === null || !filters.some((filter) => attributes.includes(`filter=${filter}`))) return [];
    // A quoted one, a macro, a class: the files that it covers are named one by one instead.
    if (/^["[]|[\\[\]{}!]/.test(pattern)) return [null];
    return [pattern];
  });
}

function splitLine(line: string): { pattern: string | null; attributes: string[] } {
  const [, pattern, rest] = /^[ \t]*("(?:[^"\\]|\\.)*"|[^\s#"]\S*)[ \t]+(.*?)\s*$/.exec(line) ?? [];
  return { pattern: pattern ?? null, attributes: rest?.split(/[ \t]+/) ?? [] };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
