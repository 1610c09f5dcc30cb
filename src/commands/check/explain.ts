import { type FindingKind, findingKinds, isLeak, severityOf } from '../../document/finding.ts';
import { response } from './grouped.ts';

/** What a kind of finding means, for people. docs/findings.md says the same and more. */
export function explain(kind: FindingKind): string {
  const { title, help, mend } = findingKinds[kind];
  const lines = [`${kind} (${severityOf(kind)}): ${title}`, '', ...wrap(help), '', `To mend it: ${mend}`];
  if (isLeak(kind))
    lines.push('', 'If the commit was ever pushed:', ...response.map((step, i) => `  ${i + 1}. ${step}`));
  return `${lines.join('\n')}\n`;
}

export function isFindingKind(text: string): text is FindingKind {
  return Object.hasOwn(findingKinds, text);
}

const width = 80;

function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
