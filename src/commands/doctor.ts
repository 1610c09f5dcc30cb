import { styleText } from 'node:util';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { openRepository } from '../git/repository.ts';
import { gitVersion, requireGit } from '../git/version.ts';
import { createKeyring } from '../keys/keyring.ts';
import { atTop } from './at-top.ts';
import { colourOn } from './colour.ts';
import { coveredFiles } from './covered-files.ts';
import { fastestProgram } from './drivers.ts';
import { hookManagers, hookPlan } from './hook-plan.ts';
import type { Io } from './io.ts';
import { parseOptions } from './options.ts';
import { lockedHere, missingSettings, readSetting } from './set-up.ts';

const spec = {
  name: 'doctor',
  summary: 'check Git, configuration, attributes, hook, rules and keys; exit 1 where something needs mending',
  options: {},
  examples: [['git sops doctor', 'each line says how to mend it']],
} as const;

interface Answer {
  readonly level: 'ok' | 'note' | 'bad';
  readonly text: string;
  readonly mend?: string;
}

export async function doctor(args: string[], outer: Io): Promise<number> {
  if (parseOptions(spec, args, outer) === null) return 0;
  const answers: Answer[] = [];
  await ask(answers, 'git', async () => {
    const version = await gitVersion();
    requireGit(version);
    return { level: 'ok', text: `Git ${version.join('.')}` };
  });
  const program = fastestProgram(outer);
  answers.push({
    level: 'ok',
    text: `git-sops ${outer.version}, run by Git with ${program.kind} (${program.words[0]})`,
  });
  const { io } = await atTop(outer);
  await ask(answers, 'repository', async () => {
    const { worktrees } = await openRepository(io.cwd);
    const more = worktrees.length > 1 ? `, one of ${worktrees.length} working trees` : '';
    return { level: 'ok', text: `working tree ${io.cwd}${more}` };
  });
  const blobs = new BlobReader();
  await ask(answers, 'configuration', async () => {
    const process = await readSetting('filter.sops.process');
    if (process === null) return { level: 'bad', text: 'the filter is not registered', mend: 'git sops init --yes' };
    if ((await readSetting('filter.sops.required')) !== 'true') {
      return {
        level: 'bad',
        text: 'filter.sops.required is not true: a failing filter would stage plaintext',
        mend: 'git sops init --yes',
      };
    }
    const stale = (await missingSettings(io, '--local', await lockedHere())).length > 0;
    const global = (await missingSettings(io, '--global', false)).length === 0;
    if (stale && !global) return { level: 'note', text: `the filter runs ${process}`, mend: 'git sops init --yes' };
    return {
      level: 'ok',
      text: `filter and diff driver are registered (${(await lockedHere()) ? 'ciphertext' : 'plaintext'} in the working tree)`,
    };
  });
  await ask(answers, 'hook', async () =>
    (await hookPlan(io)).length === 0
      ? { level: 'ok', text: 'the pre-commit hook is in place' }
      : { level: 'bad', text: 'the pre-commit hook is missing', mend: 'git sops init --yes' },
  );
  for (const manager of hookManagers(io)) {
    answers.push({
      level: 'note',
      text: `${manager} manages hooks here`,
      mend: 'add "git-sops hook pre-commit" to it',
    });
  }
  await ask(answers, 'rules', async () => {
    const covered = await coveredFiles(io, blobs, []);
    const bare = covered.filter(({ filtered }) => !filtered);
    if (bare.length > 0) {
      return {
        level: 'bad',
        text: `${bare.length} covered files lack the filter attribute, such as ${bare[0]?.path}`,
        mend: 'git sops init',
      };
    }
    return { level: covered.length > 0 ? 'ok' : 'note', text: `${covered.length} tracked files are covered` };
  });
  await ask(answers, 'keys', async () => {
    const keyring = createKeyring({ env: io.env, platform: io.platform, home: io.home });
    const own = await keyring.ownRecipients();
    for (const warning of keyring.warnings()) answers.push({ level: 'note', text: warning });
    if (own.length === 0)
      return { level: 'note', text: 'no identity was found; encrypted files stay closed', mend: 'git sops keygen' };
    return { level: 'ok', text: `you are ${own.join(', ')}` };
  });
  await blobs.close();

  const colour = colourOn(io.stdout, io);
  for (const { level, text, mend } of answers) {
    const mark = { ok: 'ok  ', note: 'note', bad: 'BAD ' }[level];
    const style = { ok: 'green', note: 'yellow', bad: 'red' } as const;
    io.stdout.write(`${colour ? styleText(style[level], mark) : mark}  ${text}\n`);
    if (mend !== undefined) io.stdout.write(`      try: ${mend}\n`);
  }
  return answers.some(({ level }) => level === 'bad') ? 1 : 0;
}

async function ask(answers: Answer[], what: string, question: () => Promise<Answer>): Promise<void> {
  try {
    answers.push(await question());
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    const place = error.facts.file === undefined ? what : error.facts.file;
    answers.push({
      level: 'bad',
      text: `${place}: ${error.message}`,
      ...(error.hint !== null && { mend: error.hint }),
    });
  }
}
