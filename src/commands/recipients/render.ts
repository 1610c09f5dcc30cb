import { escapeText, quotePath, shellPath, shellQuote } from '../../quote.ts';
import { codeSpan } from '../diff/markdown-text.ts';
import { shownKey } from '../log.ts';
import { count } from '../terminal/count.ts';
import { alignColumns } from '../terminal/table.ts';
import { type Person, shortRecipient, showPerson } from './people.ts';
import type { ChangedRule, Report, ReportFormat, SeenFile } from './report.ts';

export function render(report: Report, format: ReportFormat): string {
  return { text: asText, json: asJson, markdown: asMarkdown }[format](report);
}

function asJson(report: Report): string {
  const { people, seen, ...rest } = report;
  const recipients = people.map(({ shown, name }) => ({ recipient: shown, name }));
  return `${JSON.stringify({ version: 1, ...rest, recipients, ...(report.action === 'remove' && { seen }) }, null, 2)}\n`;
}

function asText(report: Report): string {
  const { people, rules, files, requests, seen } = report;
  const who = people.map(showPerson).join(', ');
  if (!hasChanges(report)) return `There is nothing to do for ${who}\n${notes(report)}`;
  const would = report.dryRun ? ' would be' : people.length === 1 ? ' is' : ' are';
  const rows = [
    ...rules.map(({ path, line, pathRegex }) => [
      `  ${quotePath(path)}:${line}`,
      `rule for ${pathRegex === null ? 'every path' : escapeText(pathRegex)}`,
    ]),
    ...files.map((file) => [
      `  ${quotePath(file.path)}`,
      (file.change === 'wrapped'
        ? 'its data key wrapped once more; no value changes'
        : 'a new data key, every value encrypted anew') + also(report, file.added, file.removed),
    ]),
    ...requests.map((path) => [`  ${quotePath(path)}`, 'answered, and gone']),
  ];
  const done = `${who}${would} ${report.action === 'add' ? 'added' : 'removed'}\n${alignColumns(rows)}`;
  return `${done}${notes(report)}${checklist(people, seen)}${next(report)}`;
}

export function hasChanges({ rules, files, requests }: Report): boolean {
  return rules.length + files.length + requests.length > 0;
}

/** Who comes and goes with a rotation because the rule says so. */
function also({ people }: Report, added: readonly string[], removed: readonly string[]): string {
  const others = (list: readonly string[]) => list.filter((one) => !people.some(({ shown }) => shown === one));
  const parts = [
    ...others(added).map((one) => `; by its rule also for ${shortRecipient(one)}`),
    ...others(removed).map((one) => `; by its rule no more for ${shortRecipient(one)}`),
  ];
  return parts.join('');
}

function notes({ notEncrypted, uncovered, people }: Report): string {
  let text = '';
  if (notEncrypted.length > 0) {
    text += `${count(notEncrypted.length, 'covered file')} not encrypted in the index, such as ${quotePath(notEncrypted[0] ?? '')}: left as they are\n  try: git sops check\n`;
  }
  for (const path of uncovered) {
    const ids = people.flatMap(({ recipient }) => (recipient.kind === 'age' ? [recipient.id] : []));
    text += `${quotePath(path)} is encrypted for them too, and no rule covers it\n  try: git sops rotate -i --rm-age ${shellQuote(ids.join(','))} ${shellPath(path)}\n`;
  }
  return text;
}

function checklist(people: readonly Person[], seen: readonly SeenFile[]): string {
  if (seen.length === 0) return '';
  const who = people.map(({ name, shown }) => (name === null ? shortRecipient(shown) : escapeText(name))).join(', ');
  const files = seen.map(({ path, whole, values, comments }) =>
    [
      `  ${quotePath(path)}`,
      ...values.map(({ keyPath, document }) => `    [ ] ${whole ? 'all of it' : shownKey(keyPath, document)}`),
      ...(comments > 0 ? [`    [ ] ${count(comments, 'encrypted comment')}`] : []),
    ].join('\n'),
  );
  return `\n${who} can have kept these values, and what was in these files before. Change each where it comes from, then here:\n${files.join('\n')}\n`;
}

function next(report: Report): string {
  if (report.dryRun) return '\nNothing was written.\n';
  return `\nAll of it is staged, as one step:\n  git commit -m ${shellQuote(subject(report))}\n`;
}

function subject({ action, people, rules }: Report): string {
  const who = people.map(({ name, shown }) => name ?? shortRecipient(shown)).join(', ');
  return action === 'add' ? `Let ${who} read ${scopeOf(rules)}` : `Take ${who} off ${scopeOf(rules)}; new data keys`;
}

function scopeOf(rules: readonly ChangedRule[]): string {
  const [only] = rules;
  return rules.length === 1 && only?.pathRegex != null && only.pathRegex.length < 40 ? only.pathRegex : 'the secrets';
}

function asMarkdown(report: Report): string {
  const { people, files, rules, seen, action, dryRun } = report;
  const who = people.map(
    ({ name, shown }) => `${name === null ? '' : `${codeSpan(escapeText(name))} `}${codeSpan(shortRecipient(shown))}`,
  );
  const lines = [
    `### ${action === 'add' ? 'New recipients' : 'Removed recipients'}${dryRun ? ' (nothing was written)' : ''}`,
    '',
    ...who.map((one) => `- ${one}`),
    '',
    `Rules changed: ${rules.length}. Files ${action === 'add' ? 'wrapped once more' : 'with a new data key'}: ${files.length}.`,
  ];
  if (seen.length > 0) {
    lines.push('', '### Change these values where they come from', '');
    for (const { path, whole, values, comments } of seen) {
      for (const { keyPath, document } of values) {
        const value = whole ? 'all of it' : codeSpan(shownKey(keyPath, document));
        lines.push(`- [ ] ${codeSpan(quotePath(path))} ${value}`);
      }
      if (comments > 0) lines.push(`- [ ] ${codeSpan(quotePath(path))} ${count(comments, 'encrypted comment')}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
