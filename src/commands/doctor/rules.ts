import type { CreationRule, RuleRecipient } from '../../document/creation-rule.ts';
import { parseCreationRules } from '../../document/creation-rules.ts';
import { configName, isRulesPath } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { parseRecipient } from '../../keys/recipient.ts';
import { quotePath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { count } from '../terminal/count.ts';
import { type Answer, ask } from './answer.ts';

/** Every `.sops.yaml` of the working tree, as the next new file would have it: a rule is asked for long after it was written. */
export async function ruleAnswers(io: Io, blobs: BlobReader): Promise<Answer[]> {
  const read = worktreeReader(io.cwd, blobs);
  const paths = new Set((await listPaths({ untracked: true })).filter(isRulesPath));
  if ((await read(configName)) !== null) paths.add(configName);
  const answers: Answer[] = [];
  let sound = 0;
  for (const path of paths) {
    const found = await ask(path, async () => {
      const source = await read(path);
      return source === null ? [] : withPlace(path, () => answersOf(path, source));
    });
    if (found.length === 0) sound++;
    answers.push(...found);
  }
  if (answers.length > 0) return answers;
  const each = sound === 1 ? quotePath([...paths][0] ?? '') : count(sound, '.sops.yaml file');
  return [{ level: 'ok', text: `rules and recipients of ${each} can be used` }];
}

async function withPlace(file: GitPath, question: () => Promise<Answer[]>): Promise<Answer[]> {
  try {
    return await question();
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file: quotePath(file) }) : error;
  }
}

async function answersOf(path: GitPath, source: Uint8Array): Promise<Answer[]> {
  const { rules } = await parseCreationRules(source);
  if (rules === null || rules.length === 0) {
    const text = `${quotePath(path)}:1: has no creation rule, so no file below it can be added encrypted`;
    return [{ level: 'bad', text, mend: `write a rule there, or remove it and git sops init --recipient age1…` }];
  }
  const lines = new TextDecoder().decode(source).split('\n');
  const answers: Answer[] = [];
  // A recipient that many rules share by an anchor is wrong in one place.
  const told = new Set<string>();
  for (const rule of rules) {
    for (const { id, error } of [...wrongRecipients(rule), ...wrongThreshold(rule)]) {
      const line = lineOf(lines, id, rule.line);
      const text = `${quotePath(path)}:${line}: ${error.message}`;
      if (told.has(text)) continue;
      told.add(text);
      answers.push({ level: 'bad', text, ...(error.hint !== null && { mend: error.hint }) });
    }
  }
  return answers;
}

interface Wrong {
  /** What stands in the file; empty for the rule as a whole. */
  readonly id: string;
  readonly error: GitSopsError;
}

/** What age's recipients are made of; the other kinds were looked at when the rule was read. */
function wrongRecipients({ groups }: CreationRule): Wrong[] {
  return groups.flat().flatMap(({ kind, id }: RuleRecipient) => {
    try {
      if (kind === 'age') parseRecipient(id);
      return [];
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      return [{ id, error }];
    }
  });
}

function wrongThreshold({ groups, shamirThreshold }: CreationRule): Wrong[] {
  if (groups.length < 2 || shamirThreshold === 0) return [];
  if (shamirThreshold >= 2 && shamirThreshold <= groups.length) return [];
  const facts = { detail: String(shamirThreshold), other: String(groups.length) };
  return [{ id: '', error: new GitSopsError('invalid-shamir-threshold', facts) }];
}

/** The recipient's own line, from its rule on or where an anchor above holds it. From 1. */
function lineOf(lines: readonly string[], id: string, ruleLine: number): number {
  if (id === '') return ruleLine;
  const holds = (line: string) => line.includes(id);
  const below = lines.slice(ruleLine - 1).findIndex(holds);
  if (below >= 0) return ruleLine + below;
  return lines.findIndex(holds) + 1 || ruleLine;
}
