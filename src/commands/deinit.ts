import { existsSync } from 'node:fs';
import { withoutManagedLines } from '../git/attributes-file.ts';
import { openRepository } from '../git/repository.ts';
import { runGit } from '../git/run.ts';
import { readWorkFile } from '../git/work-file.ts';
import type { Io } from './io.ts';
import { turnFiles } from './lock.ts';
import { atTop } from './repository/at-top.ts';
import { changeAttributes } from './set-up/change-attributes.ts';
import { removalPlan } from './set-up/hook-plan.ts';
import { plaintextHere } from './set-up/plaintext-here.ts';
import { rerereRemoval } from './set-up/rerere-choice.ts';
import { isBare, serverHookRemoval } from './set-up/server-hook.ts';
import { hasSettings, removeSettings, type Scope } from './set-up/set-up.ts';
import type { Step } from './set-up/step.ts';
import { confirm } from './terminal/confirm.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'deinit',
  summary:
    'take the set-up back; covered files become ciphertext here, what is encrypted in Git and .sops.yaml stay as they are',
  options: {
    global: { type: 'boolean', help: 'the settings for all clones of this user' },
    'keep-plaintext': { type: 'boolean', help: 'lock nothing: another filter takes over what lies here' },
    yes: { type: 'boolean', short: 'y', help: 'write without asking' },
  },
  examples: [['git sops deinit', 'this clone and the lines in .gitattributes']],
} as const;

export async function deinit(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const yes = parsed.values.yes === true;
  if (parsed.values.global) {
    const where = 'your Git configuration; clones without settings of their own then store plaintext';
    return carryOut(await settingsRemoval('--global', where), yes, outer);
  }
  if (await isBare()) return carryOut(await serverHookRemoval(), yes, outer);
  const { io } = await atTop(outer);
  const steps = [
    ...attributesRemoval(io),
    ...(await settingsRemoval('--local', "this clone's Git configuration")),
    ...(await rerereRemoval()),
    ...(await removalPlan(io)),
  ];
  const keeps = parsed.values['keep-plaintext'] === true;
  const locks = steps.length === 0 || keeps ? [] : await lockSteps(io);
  const code = await carryOut([...locks, ...steps], yes, io);
  if (keeps && code === 0 && steps.length > 0) {
    io.stderr.write(
      'git-sops: covered files lie here in plaintext, and git add stores them so unless another filter takes over\n',
    );
  }
  const kept = code === 0 ? await ownSettings() : [];
  if (kept.length > 0) {
    io.stdout.write(`left ${kept.join(' and ')} in this clone’s Git configuration: you set it, not init\n`);
  }
  return code;
}

/** What a user has trusted, by hand: it says nothing about how this clone is set up. */
async function ownSettings(): Promise<string[]> {
  const args = ['config', '--local', '--name-only', '--get-regexp', '^sops\\.'];
  const { stdout } = await runGit(args, { okCodes: [0, 1] });
  return [
    ...new Set(
      stdout
        .toString()
        .split('\n')
        .filter((name) => name !== ''),
    ),
  ];
}

/** Without the filter, `git add` stores what lies here: that must be ciphertext first, in every working tree that shares the settings. */
async function lockSteps(io: Io): Promise<Step[]> {
  const steps: Step[] = [];
  const { worktrees } = await openRepository(io.cwd);
  // One that is gone and that nobody pruned holds nothing.
  const others = worktrees.flatMap(({ path, bare }) => (bare || path === io.cwd || !existsSync(path) ? [] : [path]));
  for (const cwd of [io.cwd, ...others]) {
    const place = { ...io, cwd };
    const count = await inFolder(cwd, io.cwd, () => plaintextHere(place));
    if (count === 0) continue;
    steps.push({
      what: `lock ${count === 1 ? 'one covered file' : `${count} covered files`}: ciphertext ${cwd === io.cwd ? 'here' : `in ${cwd}`}`,
      run: () => inFolder(cwd, io.cwd, () => lockAll(place)),
    });
  }
  return steps;
}

/** @throws GitSopsError for what is plaintext all the same: the filter must stay then */
async function lockAll(io: Io): Promise<void> {
  const { left, changed } = await turnFiles('lock', [], io, async () => {});
  const [stays] = [...changed, ...left];
  if (stays !== undefined) throw stays;
}

async function inFolder<T>(folder: string, back: string, work: () => Promise<T>): Promise<T> {
  process.chdir(folder);
  try {
    return await work();
  } finally {
    process.chdir(back);
  }
}

function attributesRemoval(io: Io): Step[] {
  const before = readWorkFile(io.cwd, '.gitattributes')?.content.toString() ?? '';
  const after = withoutManagedLines(before);
  if (after === before) return [];
  const run = () => changeAttributes(io, withoutManagedLines);
  if (after === '') return [{ what: 'take .gitattributes away: it holds nothing else', run }];
  return [{ what: 'take the lines out of .gitattributes', run }];
}

async function settingsRemoval(scope: Scope, where: string): Promise<Step[]> {
  if (!(await hasSettings(scope))) return [];
  return [{ what: `take filter and diff driver out of ${where}`, run: () => removeSettings(scope) }];
}

async function carryOut(steps: readonly Step[], yes: boolean, io: Io): Promise<number> {
  if (steps.length === 0) {
    io.stdout.write('nothing was set up\n');
    return 0;
  }
  if (!yes) {
    io.stdout.write(`git sops deinit will\n${steps.map(({ what }) => `  - ${what}\n`).join('')}`);
    if (!(await confirm('Go on?', io))) {
      io.stderr.write('git-sops: nothing was written\n  try: git sops deinit --yes\n');
      return 1;
    }
  }
  for (const { what, run } of steps) {
    await run();
    io.stdout.write(`${what.replace(/^take/, 'took').replace(/^lock/, 'locked')}\n`);
  }
  return 0;
}
