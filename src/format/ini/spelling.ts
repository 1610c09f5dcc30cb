import { GitSopsError } from '../../errors.ts';
import { type IniValue, type Quote, readValue } from './value.ts';

/**
 * The quotes to keep around a value's token. None where the value itself asks for the quotes that it has, or for none: so the
 * bare tokens that sops writes come out of a file that was smudged from one.
 */
export function quoteToKeep(text: string, { value, quote, start, end }: IniValue): Quote {
  return text.slice(start, end) === spellingOf(value) ? '' : quote;
}

/** A decrypted value between the quotes that its token had. @throws GitSopsError `unsupported-spelling` */
export function spell(value: string, quote: Quote): string {
  const quoted = quote + value + quote;
  const spelled = readsAs(quoted, value) && quote !== '' ? quoted : spellingOf(value);
  if (spelled === null)
    throw new GitSopsError('unsupported-spelling', { detail: 'a value that no INI spelling gives' });
  return spelled;
}

/** A metadata value as sops spells it: bare, or in the quotes of ini.v1's writer (its file.go, writeToBuffer). */
export function spellMetadata(value: string): string {
  const quoted = value.trim() !== value ? `"${value}"` : value;
  return /[#;`\n]/.test(value) || !readsAs(quoted, value) ? spell(value, '') : quoted;
}

/** The plainest spelling that the loader reads as this value, decided by the value alone; null for none. */
function spellingOf(value: string): string | null {
  if (readsAs(value, value)) return value;
  const quotes = value.includes('\n') ? ['"""', '`'] : ['`', '"""', '"', "'"];
  const quote = quotes.find((one) => readsAs(one + value + one, value));
  return quote === undefined ? null : quote + value + quote;
}

function readsAs(spelling: string, value: string): boolean {
  const line = `${spelling}\n`;
  try {
    const read = readValue(line, 0, line.indexOf('\n'));
    return read.value === value && read.inline === null && read.ignored === null && read.next === line.length;
  } catch (error) {
    if (error instanceof GitSopsError) return false;
    throw error;
  }
}
