/**
 * Splits a command as github.com/google/shlex does, with which sops splits `SOPS_AGE_KEY_CMD`: blanks, both kinds of
 * quotes, backslashes, comments. Nothing is expanded.
 * @returns null where a quote or a backslash is left open
 */
export function splitShellWords(command: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < command.length; at++) {
    const char = command[at] ?? '';
    if (quote !== null && char === quote) {
      quote = null;
    } else if (quote !== "'" && char === '\\') {
      at++;
      if (at >= command.length) return null;
      // Unlike a shell, also inside double quotes, and before any character.
      word = (word ?? '') + command[at];
    } else if (quote !== null) {
      word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/[ \t\r\n]/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === '#' && word === null) {
      const end = command.indexOf('\n', at);
      if (end < 0) break;
      at = end;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  return words;
}
