import { quotePath } from '../../quote.ts';
import { codeSpan, fence } from './markdown-text.ts';
import type { DiffReport, FileDiff } from './report.ts';
import { headOf, type Row, rowsOf } from './rows.ts';

/** Hosts refuse a longer comment (65,536 characters at GitHub). */
const longestComment = 60_000;
const mostRows = 150;
const mostLines = 60;

/** For a comment on a pull request: a table without values, else a fenced diff. A comment can be found again by its first line. */
export function markdownDiff(report: DiffReport): string {
  const { files } = report;
  if (files.length === 0) return '';
  const count = files.length === 1 ? '1 secret file changed' : `${files.length} secret files changed`;
  let text = `<!-- git-sops diff -->\n**${count}**${report.redacted ? ' (without values)' : ''}\n`;
  for (const [i, file] of files.entries()) {
    const section = `\n${heading(file)}\n\n${body(file, report)}`;
    if (text.length + section.length > longestComment) {
      const left = files.length - i;
      return `${text}\n… and ${left === 1 ? 'a file' : `${left} files`} more: \`git sops diff\` shows all.\n`;
    }
    text += section;
  }
  return text;
}

function heading(file: FileDiff): string {
  const head = headOf(file).map((word) => (word.includes(' from ') ? codeSpan(word) : word));
  return `### ${codeSpan(quotePath(file.path))}${head.length === 0 ? '' : `\n\n${head.join('; ')}`}`;
}

function body(file: FileDiff, report: DiffReport): string {
  const all = rowsOf(file, report);
  const rows = all.slice(0, mostRows);
  const shown = report.redacted ? table(rows) : fence(rows.flatMap(diffLines), 'diff');
  return rows.length === all.length ? shown : `${shown}\n… and ${all.length - rows.length} changes more\n`;
}

const verbs = { '+': 'added', '-': 'removed', '~': 'changed', '>': 'moved', '!': '**attention**' } as const;

function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${verbs[row.sign]} | ${codeSpan(row.label)} | ${detailOf(row)} |`);
  return ['| | key | |', '| --- | --- | --- |', ...lines, ''].join('\n');
}

/** What is no value: recipients, selectors, types. */
function detailOf({ before, after, note }: Row): string {
  const words = [before, after].filter((word) => word !== null).map(codeSpan);
  const detail = words.join(' → ');
  return [detail, note === null ? '' : codeSpan(note)].filter((part) => part !== '').join(' ');
}

/** The signs that a fenced diff has colours for. */
function diffLines({ sign, label, before, after, note, lines }: Row): string[] {
  const words = note === null ? '' : ` (${note})`;
  const mark = sign === '>' || sign === '~' ? '!' : sign;
  if (lines.length > 0) {
    const inner = lines
      .slice(0, mostLines)
      .map((line) => (line.sign === '…' ? `  … ${line.text}` : `${line.sign}   ${line.text}`));
    const rest = lines.length > mostLines ? [`  … ${lines.length - mostLines} lines`] : [];
    return [`${mark} ${label}:${words}`, ...inner, ...rest];
  }
  const values: string[] = [];
  if (before !== null) values.push(`- ${label}: ${before}`);
  if (after !== null) values.push(`+ ${label}: ${after}${words}`);
  if (before !== null && after === null && words !== '') values[0] += words;
  return values.length > 0 ? values : [`${mark} ${label}${words}`];
}
