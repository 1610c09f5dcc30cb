import { styleText } from 'node:util';
import { configName, isRulesPath } from '../document/rule-finder.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { listPaths } from '../git/index-entries.ts';
import { openRepository } from '../git/repository.ts';
import { gitVersion, requireGit } from '../git/version.ts';
import { readWorkFile } from '../git/work-file.ts';
import type { Keyring } from '../keys/keyring.ts';
import { escapeText } from '../quote.ts';
import { type Answer, ask } from './doctor/answer.ts';
import { configurationAnswers } from './doctor/configuration.ts';
import { fileAnswers } from './doctor/files.ts';
import { hookAnswers } from './doctor/hook.ts';
import { ruleAnswers } from './doctor/rules.ts';
import { serverAnswers } from './doctor/server.ts';
import { unstagedAnswers } from './doctor/unstaged.ts';
import type { Io } from './io.ts';
import { shortRecipient } from './recipients/people.ts';
import { ruleFiles } from './recipients/rule-files.ts';
import { atTop } from './repository/at-top.ts';
import { openKeyring } from './repository/keyring.ts';
import { fastestProgram } from './set-up/drivers.ts';
import { isBare } from './set-up/server-hook.ts';
import { colourOn } from './terminal/colour.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'doctor',
  summary: 'check Git, configuration, attributes, hook, rules and keys; exit 1 where something needs mending',
  options: {},
  examples: [['git sops doctor', 'each line says how to mend it']],
} as const;

export async function doctor(args: string[], io: Io): Promise<number> {
  if (parseOptions(spec, args, io) === null) return 0;
  const keyring = openKeyring(io);
  const answers = [
    ...(await ask('Git', gitAnswers)),
    ...programAnswers(io),
    ...(await ask('keys', () => keyAnswers(keyring, io))),
    ...(await ask('repository', () => repositoryAnswers(io, keyring))),
  ];
  const colour = colourOn(io.stdout, io);
  for (const { level, text, mend } of answers) {
    const mark = { ok: 'ok  ', note: 'note', bad: 'BAD ' }[level];
    const style = { ok: 'green', note: 'yellow', bad: 'red' } as const;
    io.stdout.write(`${colour ? styleText(style[level], mark) : mark}  ${escapeText(text)}\n`);
    if (mend !== undefined) io.stdout.write(`      try: ${escapeText(mend)}\n`);
  }
  return answers.some(({ level }) => level === 'bad') ? 1 : 0;
}

async function gitAnswers(): Promise<Answer[]> {
  const version = await gitVersion();
  requireGit(version);
  return [{ level: 'ok', text: `Git ${version.join('.')}` }];
}

function programAnswers(io: Io): Answer[] {
  const { kind, words } = fastestProgram(io);
  return [{ level: 'ok', text: `git-sops ${io.version}, run by Git with ${kind} (${words[0]})` }];
}

async function keyAnswers(keyring: Keyring, io: Io): Promise<Answer[]> {
  const own = await keyring.ownRecipients([], true);
  const hidden = await keyring.hiddenIdentities();
  const answers: Answer[] = keyring.warnings().map((warning) => {
    // Some say in the sentence what mends them.
    const mend = 'correct it where it is, or unset the variable that names it';
    return { level: 'note', text: warning, ...(!warning.endsWith('mends that') && { mend }) };
  });
  for (const recipient of own) answers.push({ level: 'ok', text: `you are ${shortRecipient(recipient)}` });
  // Whose they are shows when a file is opened; nobody is asked for a passphrase here.
  for (const name of hidden) answers.push({ level: 'ok', text: `you have ${name}` });
  if (own.length + hidden.length === 0) {
    const text = 'no age identity was found: files for age stay closed, new ones can be added';
    const joins = await hasReaders(io);
    answers.push({ level: 'note', text, mend: `git sops keygen${joins ? ', then git sops join' : ''}` });
  }
  return answers;
}

/** Whether somebody reads secrets here already, whom a newcomer has to ask. */
async function hasReaders(outer: Io): Promise<boolean> {
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    if (await isBare()) return false;
    const { io } = await atTop(outer);
    return (await ruleFiles(io.cwd, blobs)).some(({ rules }) => rules.length > 0);
  } catch (error) {
    // What is wrong with the repository or its rules is told of where they are looked at.
    if (error instanceof GitSopsError) return false;
    throw error;
  } finally {
    await blobs.close();
  }
}

async function repositoryAnswers(outer: Io, keyring: Keyring): Promise<Answer[]> {
  if (await isBare()) return serverAnswers(outer);
  const { io } = await atTop(outer);
  const { worktrees } = await openRepository(io.cwd);
  const more = worktrees.length > 1 ? `, one of ${worktrees.length} working trees` : '';
  const answers: Answer[] = [{ level: 'ok', text: `working tree ${io.cwd}${more}` }];
  const paths = await listPaths({ untracked: true });
  // One that Git ignores counts as well: the filter reads it.
  const ruled = paths.some(isRulesPath) || readWorkFile(io.cwd, configName) !== null;
  const own = (await keyring.ownRecipients())[0] ?? 'age1…';
  if (!ruled) {
    // Without rules neither filter nor hook has anything to do.
    const mend = `git sops init --recipient ${own} --path 'secrets/**'`;
    return [...answers, { level: 'bad', text: `there is no ${configName} here: nothing is encrypted`, mend }];
  }
  answers.push(...(await ask('configuration', () => configurationAnswers(io))));
  answers.push(...(await ask('hook', () => hookAnswers(io))));
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const rules = await ruleAnswers(io, blobs);
    answers.push(...rules);
    // By rules that cannot be used nobody can tell what they cover.
    if (rules.every(({ level }) => level === 'ok')) {
      answers.push(...(await ask('rules', () => fileAnswers(io, blobs, keyring))));
      answers.push(...(await ask('rules', () => unstagedAnswers(io, blobs))));
    }
  } finally {
    await blobs.close();
  }
  return answers;
}
