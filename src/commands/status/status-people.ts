import { escapeText, quotePath } from '../../quote.ts';
import { shortRecipient } from '../recipients/people.ts';
import { nameIn, type RuleFile } from '../recipients/rule-files.ts';
import { alignColumns } from '../terminal/table.ts';

/** Somebody who can read, and what. */
export interface Reader {
  readonly recipient: string;
  /** As the comments of `.sops.yaml` have it. */
  readonly name: string | null;
  readonly you: boolean;
  readonly files: readonly string[];
}

interface ReadFile {
  readonly path: string;
  readonly recipients: readonly string[];
  readonly you: readonly string[];
}

/** Everyone for whom one of the files is encrypted, in the order in which they are met. */
export function readersOf(files: readonly ReadFile[], rules: readonly RuleFile[]): Reader[] {
  const readers = new Map<string, Reader & { files: string[] }>();
  for (const { path, recipients, you } of files) {
    for (const recipient of recipients) {
      const known = readers.get(recipient);
      const reader = known ?? { recipient, name: nameIn(rules, recipient), you: you.includes(recipient), files: [] };
      reader.files.push(path);
      readers.set(recipient, reader);
    }
  }
  return [...readers.values()];
}

const mostShown = 3;

/** The readers of one file, for a cell of a table. */
export function readersCell(recipients: readonly string[], readers: readonly Reader[]): string {
  const shown = recipients.map((recipient) => {
    const { name, you } = readers.find((reader) => reader.recipient === recipient) ?? { name: null, you: false };
    return `${name === null ? tiny(recipient) : escapeText(name)}${you ? ' (you)' : ''}`;
  });
  if (shown.length === 0) return '-';
  const more = shown.length > mostShown + 1 ? shown.length - mostShown : 0;
  return more === 0 ? shown.join(', ') : `${shown.slice(0, mostShown).join(', ')} and ${more} more`;
}

/** @param encrypted how many files are encrypted at all */
export function readersTable(readers: readonly Reader[], encrypted: number): string {
  if (readers.length === 0) return '';
  const rows = readers.map(({ recipient, name, you, files }) => [
    `${escapeText(name ?? '-')}${you ? ' (you)' : ''}`,
    shortRecipient(recipient),
    files.length === encrypted ? `all ${encrypted}` : `${files.length} of ${encrypted}: ${some(files)}`,
  ]);
  return `\n${alignColumns([['WHO', 'RECIPIENT', 'READS'], ...rows])}`;
}

function some(files: readonly string[]): string {
  const shown = files.slice(0, mostShown).map(quotePath).join(', ');
  return files.length > mostShown ? `${shown} and ${files.length - mostShown} more` : shown;
}

function tiny(recipient: string): string {
  return recipient.length <= 24
    ? escapeText(recipient)
    : escapeText(`${recipient.slice(0, 12)}…${recipient.slice(-4)}`);
}
