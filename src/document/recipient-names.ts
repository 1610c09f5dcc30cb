/**
 * Who a recipient is, as the author of a `.sops.yaml` wrote beside it: a comment line that names both (`# Bob: age1…`), the comment
 * at the end of its line, else one on the line above, else the name of its anchor (`- &alice age1…`). Null where it is not there or
 * has no such name.
 *
 * @param recipient as `showMasterKey` shows it
 */
export function recipientName(config: Uint8Array, recipient: string): string | null {
  const id = recipient.replace(/^(?:kms|gcp_kms|hckms|azure_kv|hc_vault|pgp):/, '');
  if (id === '') return null;
  const lines = Buffer.from(config.buffer, config.byteOffset, config.byteLength).toString('utf8').split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const { content, comment } = splitComment(line);
    // Above a list that is one text: `# Bob: age1…`
    if (content.trim() === '' && comment?.includes(id)) {
      const said = comment.replace(id, '').replace(/^[\s:=-]+|[\s:=-]+$/g, '');
      if (said !== '') return said.slice(0, longest);
    }
    // A line with several recipients does not say whom its comment means.
    if (!content.includes(id) || content.includes(',')) continue;
    const above = splitComment(lines[i - 1] ?? '');
    const name = comment ?? (above.content.trim() === '' ? above.comment : null) ?? anchorOf(content);
    if (name !== null && name !== '') return name.slice(0, longest);
  }
  return null;
}

const longest = 60;

/** A `#` at the start or behind a blank begins a comment; no recipient is quoted with one in it. */
function splitComment(line: string): { content: string; comment: string | null } {
  const start = /(?:^|\s)#/.exec(line);
  if (start === null) return { content: line, comment: null };
  return {
    content: line.slice(0, start.index),
    comment: line
      .slice(start.index)
      .replace(/^\s*#+/, '')
      .trim(),
  };
}

function anchorOf(content: string): string | null {
  return /(?:^|\s)&([\w-]+)\s/.exec(content)?.[1] ?? null;
}
