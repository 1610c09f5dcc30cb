import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { splitShellWords } from '../../keys/shell-words.ts';

/** The first file that a configured command names and that is not there, or null. */
export function missingFile(command: string): string | null {
  const words = splitShellWords(command) ?? [];
  return words.find((word) => isAbsolute(word) && !existsSync(word)) ?? null;
}
