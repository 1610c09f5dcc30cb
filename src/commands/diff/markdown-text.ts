/**
 * Text from a repository in Markdown (CommonMark, with GitHub's tables), where it can neither end its own span or fence nor
 * write a link, a mention or HTML.
 */
export function codeSpan(text: string): string {
  // A table takes a pipe for the end of its cell even in a code span, so such a text is written by its characters.
  if (/[|\\`\n]/.test(text)) return `<code>${text.replace(/[^\p{L}\p{N} ]/gu, (c) => `&#${c.codePointAt(0)};`)}</code>`;
  return `\`${text === '' ? ' ' : text}\``;
}

/** A fenced block, whose fence is longer than any in it. */
export function fence(lines: readonly string[], language: string): string {
  const longest = Math.max(
    2,
    ...lines.map((line) => Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length))),
  );
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${lines.join('\n')}\n${marks}\n`;
}
