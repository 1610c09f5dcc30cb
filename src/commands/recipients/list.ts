import { type CreationRule, showRecipient } from '../../document/creation-rule.ts';
import { sameRecipient } from '../../document/rule-fit.ts';
import { recipientsOf } from '../../keys/key-group.ts';
import { escapeText, quotePath, shellQuote } from '../../quote.ts';
import type { Io } from '../io.ts';
import { requireTracked } from '../repository/named-paths.ts';
import { isUnder } from '../repository/under.ts';
import { count } from '../terminal/count.ts';
import { parseOptions } from '../terminal/options.ts';
import { alignColumns } from '../terminal/table.ts';
import { type Repo, withRepo } from './change.ts';
import type { CoveredSecret } from './covered-secrets.ts';
import { everyone, shortRecipient } from './people.ts';
import { type PendingRequest, pendingRequests } from './requests.ts';
import { nameIn, type RuleFile } from './rule-files.ts';

const spec = {
  name: 'recipients list',
  summary: 'the rules, who reads by them, and who asks to',
  operands: '[PATH…]',
  options: { json: { type: 'boolean', help: 'for machines' } },
  examples: [
    ['git sops recipients', 'every rule'],
    ['git sops recipients list secrets/db.yaml', 'the rule of one file'],
  ],
} as const;

interface ListedRecipient {
  readonly recipient: string;
  readonly name: string | null;
  readonly you: boolean;
  /** How many of the rule's files are encrypted for it. */
  readonly files: number;
}

interface ListedRule {
  readonly file: string;
  readonly line: number;
  readonly pathRegex: string | null;
  readonly shamirThreshold: number;
  readonly groups: readonly (readonly ListedRecipient[])[];
  readonly files: readonly string[];
}

export async function list(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  return withRepo(outer, async (repo) => {
    const { io, keyring, secrets } = repo;
    const under = parsed.operands.map(repo.path);
    await requireTracked(under);
    const files = secrets.encrypted.filter(({ path }) => isUnder(path, under));
    const people = everyone(
      repo.rules,
      files.map(({ sops }) => sops),
    );
    const own = new Set(await keyring.ownRecipients(people.map(({ shown }) => shown)));
    const rules = repo.rules
      .flatMap((file) => file.rules.map((rule) => listed(file, rule, files, own, repo)))
      .filter((rule) => under.length === 0 || rule.files.length > 0);
    const named = new Set(rules.flatMap(({ groups }) => groups.flat().map(({ recipient }) => recipient)));
    const others = people
      .map(({ shown, name }) => ({ recipient: shown, name, you: own.has(shown), files: readable(shown, files).length }))
      .filter(({ recipient, files }) => files > 0 && ![...named].some((one) => sameRecipient(one, recipient)));
    const requests = await pendingRequests(io.cwd);
    io.stdout.write(
      parsed.values.json
        ? `${JSON.stringify({ version: 1, rules, others, requests }, null, 2)}\n`
        : rules.map(ruleText).join('\n') + othersText(others) + requestsText(requests),
    );
    return 0;
  });
}

function listed(
  { path, source }: RuleFile,
  { index, line, pathRegex, shamirThreshold, groups }: CreationRule,
  files: readonly CoveredSecret[],
  own: ReadonlySet<string>,
  { rules }: Repo,
): ListedRule {
  const covered = files.filter(({ rule }) => rule?.configPath === path && rule.rule.index === index);
  return {
    file: path,
    line,
    pathRegex,
    shamirThreshold: groups.length > 1 ? shamirThreshold || groups.length : 0,
    groups: groups.map((group) =>
      group.map(showRecipient).map((recipient) => ({
        recipient,
        name: nameIn([{ source }, ...rules], recipient),
        you: own.has(recipient),
        files: readable(recipient, covered).length,
      })),
    ),
    files: covered.map((file) => file.path),
  };
}

function readable(recipient: string, files: readonly CoveredSecret[]): readonly CoveredSecret[] {
  return files.filter(({ sops }) => recipientsOf(sops.metadata.keyGroups).some((one) => sameRecipient(recipient, one)));
}

function ruleText({ file, line, pathRegex, groups, shamirThreshold, files }: ListedRule): string {
  const regex = pathRegex === null ? 'every path' : escapeText(pathRegex);
  const title = `${quotePath(file)}:${line}  ${regex}  (${count(files.length, 'file')})\n`;
  const needed = groups.length > 1 ? `  ${shamirThreshold} of ${groups.length} key groups must come together\n` : '';
  const rows = alignColumns(groups.flatMap((group) => group.map((one) => recipientCells(one, files.length)))).split(
    '\n',
  );
  const list = groups.map((group, i) => {
    const lines = rows.splice(0, group.length).map((row) => `${row}\n`);
    return `${groups.length > 1 ? `  group ${i}\n` : ''}${lines.join('')}`;
  });
  return title + needed + list.join('');
}

function recipientCells({ recipient, name, you, files }: ListedRecipient, all: number): string[] {
  const drift = files === all ? '' : `reads ${files} of ${all}; git sops updatekeys --all mends that`;
  return [`  ${escapeText(name ?? '-')}${you ? ' (you)' : ''}`, shortRecipient(recipient), drift];
}

function othersText(others: readonly ListedRecipient[]): string {
  if (others.length === 0) return '';
  const rows = others.map(({ recipient, name, you, files }) => [
    `  ${escapeText(name ?? '-')}${you ? ' (you)' : ''}`,
    shortRecipient(recipient),
    `reads ${count(files, 'file')}; git sops recipients remove takes them out`,
  ]);
  return `\nIn files, but in no rule\n${alignColumns(rows)}`;
}

function requestsText(requests: readonly PendingRequest[]): string {
  if (requests.length === 0) return '';
  const rows = requests.map(({ id, name, recipient, commit }) => [
    `  ${escapeText(name === '' ? id : name)}`,
    shortRecipient(recipient),
    commit === null
      ? 'not committed'
      : `${escapeText(commit.author)}, ${commit.date.slice(0, 10)}, ${commit.signature}`,
    `git sops recipients add ${shellQuote(id)}`,
  ]);
  return `\nWho asks to read\n${alignColumns(rows)}`;
}
