import { styleText } from 'node:util';
import { quotePath } from '../../quote.ts';
import type { DiffLine } from './line-diff.ts';
import type { DiffReport } from './report.ts';
import { headOf, type Row, rowsOf } from './rows.ts';

type Paint = (style: 'bold' | 'red' | 'green' | 'yellow' | 'cyan' | 'dim', text: string) => string;

/** For people: by file, one line for each change, values beside aligned key paths. */
export function textDiff(report: DiffReport, colour: boolean): string {
  const paint: Paint = (style, text) => (colour && text !== '' ? styleText(style, text, unchecked) : text);
  const files = report.files.map((file) => {
    const head = [paint('bold', quotePath(file.path)), ...headOf(file).map((word) => paint('dim', `(${word})`))];
    const rows = rowsOf(file, report);
    const width = Math.min(widest, Math.max(0, ...rows.filter(hasDetail).map(({ label }) => label.length)));
    return `${[head.join(' '), ...rows.flatMap((row) => linesOf(row, width, paint))].join('\n')}\n`;
  });
  return files.join('\n');
}

/** Whether there is colour was decided already; Node would ask its own standard output. */
const unchecked = { validateStream: false } as const;
const widest = 44;

const signStyles = { '+': 'green', '-': 'red', '~': 'yellow', '>': 'cyan', '!': 'red' } as const;

function linesOf(row: Row, width: number, paint: Paint): string[] {
  const { sign, label, before, after, note, lines } = row;
  const values = [
    before === null ? null : paint('red', before),
    before !== null && after !== null ? '→' : null,
    after === null ? null : paint('green', after),
    note === null ? null : paint(sign === '!' ? 'red' : 'dim', before === null && after === null ? note : `(${note})`),
  ].filter((part) => part !== null);
  const line = [paint(signStyles[sign], sign), values.length === 0 ? label : label.padEnd(width), ...values];
  const [start, ...rest] = line;
  return [
    `  ${start} ${rest[0]}${rest.length > 1 ? `  ${rest.slice(1).join(' ')}` : ''}`,
    ...lines.map((inner) => lineOf(inner, paint)),
  ];
}

function lineOf({ sign, text }: DiffLine, paint: Paint): string {
  const indent = '      ';
  if (sign === '+') return `${indent}${paint('green', `+ ${text}`)}`;
  if (sign === '-') return `${indent}${paint('red', `- ${text}`)}`;
  return sign === ' ' ? `${indent}  ${text}` : `${indent}${paint('dim', `… ${text}`)}`;
}

/** Whether its values stand in the column. A concern has a sentence for a label. */
function hasDetail({ sign, before, after, note }: Row): boolean {
  return sign !== '!' && (before !== null || after !== null || note !== null);
}
