/** Far above what a person writes, far below what the parser's recursion can take: it ends the program, and no `catch` helps. */
const deepest = 500;

/** Whether YAML, or JSON, of somebody else nests deeper than the `yaml` package may be asked to read. */
export async function nestsTooDeep(text: string): Promise<boolean> {
  const { Lexer } = await import('yaml');
  let flow = 0;
  let column = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') flow++;
    else if (lexeme === ']' || lexeme === '}') flow--;
    // Each block collection within another begins at a column of its own, or is a list at that of its key.
    else if ((lexeme === '-' || lexeme === '?' || lexeme === ':') && column > 2 * deepest) return true;
    if (flow > deepest) return true;
    const newline = lexeme.lastIndexOf('\n');
    column = newline < 0 ? column + lexeme.length : lexeme.length - newline - 1;
  }
  return false;
}
