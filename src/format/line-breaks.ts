/** How many line breaks a text ends with. Not by a pattern, which would begin anew at every line break of the text. */
export function trailingBreaks(text: string): number {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x0a) end--;
  return text.length - end;
}
