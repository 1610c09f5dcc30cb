import { parseCreationRules } from '../document/creation-rules.ts';
import { configName } from '../document/rule-finder.ts';
import { oneLine } from '../document/rules-edit/edit-rules.ts';
import { GitSopsError } from '../errors.ts';
import { managedLines, withManagedLines } from '../git/attributes-file.ts';
import { BlobReader } from '../git/blob-reader.ts';
import type { GitPath } from '../git/path.ts';
import { gitVersion, requireGit } from '../git/version.ts';
import { readWorkFile, writeWorkFileOver } from '../git/work-file.ts';
import { generateKeyFile, writeNewKey } from '../keys/keygen.ts';
import { parseRecipient } from '../keys/recipient.ts';
import { userKeyFilePath } from '../keys/sources/user-key-file.ts';
import { quotePath, shellPath, shellQuote } from '../quote.ts';
import type { Io } from './io.ts';
import { planTurn, turnFiles } from './lock.ts';
import { atTop } from './repository/at-top.ts';
import { openKeyring } from './repository/keyring.ts';
import { unstagedSetUp } from './repository/unstaged-set-up.ts';
import { worktreeReader } from './repository/worktree-reader.ts';
import { adoptionText, planAdoption } from './set-up/adoption.ts';
import { attributeLines } from './set-up/attributes-plan.ts';
import { changeAttributes } from './set-up/change-attributes.ts';
import { type DiffKind, diffHere, diffKinds, diffPlan } from './set-up/diff-choice.ts';
import { type HookKind, hookKinds, hookPlan } from './set-up/hook-plan.ts';
import { manifestHint } from './set-up/manifest-hint.ts';
import { newRules } from './set-up/new-rules.ts';
import { type RerereKind, rerereCache, rerereKinds, rererePlan } from './set-up/rerere-choice.ts';
import { isBare, serverHookPlan } from './set-up/server-hook.ts';
import { lockedHere, missingSettings, readSetting, setLocked, writeSettings } from './set-up/set-up.ts';
import type { Step } from './set-up/step.ts';
import { confirm } from './terminal/confirm.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'init',
  summary: 'set up this repository and this clone (or, with --global, this machine)',
  options: {
    recipient: {
      type: 'string',
      multiple: true,
      value: 'R',
      help: 'who can decrypt new files: age1…, an SSH key in quotes, a plugin’s; may be repeated (PGP: write pgp: into .sops.yaml)',
    },
    path: {
      type: 'string',
      multiple: true,
      value: 'GLOB',
      help: 'what is encrypted, such as secrets/**; may be repeated',
    },
    keygen: { type: 'boolean', help: 'be a recipient, with an age key that is made first unless you have one' },
    mode: { type: 'string', value: 'MODE', help: 'plaintext (default), or ciphertext: no plaintext at rest' },
    hook: { type: 'string', value: 'KIND', help: `where the hook goes: ${hookKinds.join(', ')}` },
    'pre-push': {
      type: 'string',
      value: 'on|off',
      help: 'whether pushes are judged too, every commit that the remote lacks; default as it is, at first off',
    },
    diff: {
      type: 'string',
      value: 'KIND',
      help: 'what git diff shows: text (default), or semantic: which keys changed',
    },
    rerere: {
      type: 'string',
      value: 'KIND',
      help: 'off: git rerere, which keeps plaintext, records no conflict of covered files; on (default)',
    },
    global: { type: 'boolean', help: 'register the filter for all clones of this user' },
    yes: { type: 'boolean', short: 'y', help: 'write without asking' },
  },
  examples: [
    ['git sops init --yes', 'in a clone of a repository that is set up'],
    ["git sops init --recipient age1… --path 'secrets/**'", 'a first .sops.yaml'],
    ['git sops init --yes', 'in a bare repository on a server: the pre-receive hook'],
    ['git sops init --global', 'once a machine: every later clone is transparent and fails closed'],
  ],
} as const;

export function init(args: string[], outer: Io): Promise<number> {
  return setUp(args, outer, true, new Set());
}

/**
 * For a command of which this is a part: what is to do next that command says.
 * @param known files that it encrypts itself
 */
export function setUpAlone(io: Io, known: ReadonlySet<GitPath> = new Set()): Promise<number> {
  return setUp(['--yes'], io, false, known);
}

async function setUp(args: string[], outer: Io, nextSteps: boolean, known: ReadonlySet<GitPath>): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  requireGit(await gitVersion());
  if (values.mode !== undefined && !['plaintext', 'ciphertext'].includes(values.mode))
    throw wrongUse('--mode', values.mode);
  if (values.path?.some((glob) => glob.trim() === '')) {
    const detail = '--path is empty, and a rule of it would cover nothing: it takes what is to be encrypted';
    throw new GitSopsError('wrong-use', { detail, other: "git sops init --recipient age1… --path 'secrets/**'" });
  }
  const hook = values.hook as HookKind | undefined;
  if (hook !== undefined && !hookKinds.includes(hook)) throw wrongUse('--hook', hook);
  const diff = values.diff as DiffKind | undefined;
  if (diff !== undefined && !diffKinds.includes(diff)) throw wrongUse('--diff', diff);

  const rerere = values.rerere as RerereKind | undefined;
  if (rerere !== undefined && !rerereKinds.includes(rerere)) throw wrongUse('--rerere', rerere);

  const prePush = values['pre-push'];
  if (prePush !== undefined && !['on', 'off'].includes(prePush)) throw wrongUse('--pre-push', prePush);

  if (values.global) {
    const settings = await missingSettings(outer, '--global', false);
    const steps: Step[] = settings.map((setting) => ({
      what: `set ${setting[0]} in your Git configuration`,
      run: () => writeSettings([setting], '--global'),
    }));
    steps.push(...(await diffPlan(outer, '--global', diff)));
    return carryOut(steps, args, values.yes === true, outer);
  }

  if (await isBare()) return carryOut(await serverHookPlan(outer), args, values.yes === true, outer);
  const { io } = await atTop(outer);
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const steps: Step[] = [];
    const present = await worktreeReader(io.cwd, blobs)(configName);
    const rules = await rulesSource(values, io, present, steps);
    const read = async (path: string) => (path === configName ? rules : worktreeReader(io.cwd, blobs)(path));
    const adoption = await planAdoption(io, blobs, read, openKeyring(io));
    if (adoption.refused.length > 0) return refuseAdoption(adoption.refused, io);
    const attributes = readWorkFile(io.cwd, '.gitattributes')?.content.toString() ?? '';
    const lines = await attributeLines(read);
    if (lines.length > 0 && JSON.stringify(managedLines(attributes)) !== JSON.stringify(lines)) {
      steps.push({
        what: `write ${lines.length === 1 ? 'a line' : `${lines.length} lines`} to .gitattributes: ${lines[0]}${lines.length > 1 ? ' …' : ''}`,
        run: () => changeAttributes(io, (now) => withManagedLines(now, lines)),
      });
    }
    const locked = values.mode === undefined ? await lockedHere() : values.mode === 'ciphertext';
    if ((await missingSettings(io, '--local', locked)).length > 0) {
      steps.push({
        what: 'register filter and diff driver in this clone’s Git configuration',
        run: () => setLocked(io, locked),
      });
    }
    steps.push(...(await diffPlan(io, '--local', diff)));
    steps.push(...(await rererePlan(io, rerere, read)));
    const hooks = await hookPlan(io, hook, prePush === undefined ? undefined : prePush === 'on');
    steps.push(...hooks.steps);
    // Before anything is written: an edit that nobody staged would be lost.
    if (locked) await planTurn('lock', [], io);
    const encrypted = adoption.encrypted.filter((path) => !known.has(path));
    if (steps.length > 0) io.stdout.write(adoptionText({ ...adoption, encrypted }));
    const code = await carryOut(steps, args, values.yes === true, io, async () => {
      const now = await worktreeReader(io.cwd, blobs)(configName);
      if (now === null ? present === null : present !== null && Buffer.compare(now, present) === 0) return;
      throw new GitSopsError('file-changed-meanwhile', { file: configName });
    });
    if (code !== 0) return code;
    const {
      turned,
      closed,
      left,
      changed: edited,
    } = await turnFiles(locked ? 'lock' : 'unlock', [], io, async () => {});
    if (turned > 0)
      io.stdout.write(
        `${turned} covered ${turned === 1 ? 'file is' : 'files are'} now ${locked ? 'ciphertext' : 'plaintext'} here\n`,
      );
    const locks = closed.filter((error) => error.code === 'no-identity').length;
    if (locks > 0) {
      io.stdout.write(
        `${locks} covered ${locks === 1 ? 'file stays' : 'files stay'} ciphertext: no identity here opens ${locks === 1 ? 'it' : 'them'}\n${nextSteps ? '  try: git sops join, or git sops doctor where you have a key already\n' : ''}`,
      );
    }
    // Tampered with, or unreadable: another matter than a key that is not here.
    const tampered = closed.filter(({ code }) => code !== 'no-identity');
    for (const error of [...tampered, ...left, ...edited]) io.report(error);
    if (diff === 'text' && (await diffHere()) !== 'text') {
      io.stdout.write(
        'git diff goes on by keys: your Git configuration says so for all clones\n  try: git sops init --global --diff text\n',
      );
    }
    const cache = rerere === 'on' ? null : await rerereCache();
    if (cache !== null) {
      io.stdout.write(
        `git rerere is on here and keeps conflicts of covered files in plaintext (${quotePath(cache)})\n  try: git sops init --rerere off\n`,
      );
    }
    for (const { manager, activate } of hooks.asleep) {
      io.stdout.write(
        `Git does not run ${manager} in this clone yet; until then a native hook stands in\n  try: ${activate(hooks.events)}\n`,
      );
    }
    if (nextSteps && present === null) io.stdout.write(await manifestHint(io.cwd, rules));
    const { unknown, changed } = await unstagedSetUp(io.cwd, blobs);
    const toCommit = [...unknown, ...changed, ...hooks.lists];
    if (nextSteps && toCommit.length > 0) {
      const [it, files] = toCommit.length === 1 ? ['it', 'this file'] : ['them', 'these files'];
      io.stdout.write(
        `Other clones need ${files} to read and to encrypt: commit ${it}\n  try: git add ${toCommit.map(shellPath).join(' ')}\n`,
      );
    }
    // Who asked for no plaintext at rest shall not take this for it. Ciphertext that somebody edited leaks nothing where it lies.
    return tampered.length > 0 || edited.length > 0 || (locked && left.length > 0) ? 1 : 0;
  } finally {
    await blobs.close();
  }
}

/** The `.sops.yaml` that there is, or the one that the options ask for. */
async function rulesSource(
  {
    recipient,
    path,
    keygen,
  }: { recipient?: string[] | undefined; path?: string[] | undefined; keygen?: boolean | undefined },
  io: Io,
  present: Uint8Array | null,
  steps: Step[],
): Promise<Uint8Array> {
  if (present !== null && (recipient !== undefined || path !== undefined)) {
    throw new GitSopsError('rules-exist', { file: configName });
  }
  const recipients = [...(recipient ?? [])];
  const own = keygen || present === null ? await openKeyring(io).ownRecipients() : [];
  if (keygen) recipients.push(keyOf(own, io) ?? keyStep(io, steps));
  if (present !== null) {
    await parseCreationRules(present, { bare: true }).catch((error: unknown) => {
      throw error instanceof GitSopsError ? error.with({ file: configName }) : error;
    });
    return present;
  }
  if (recipients.length === 0 || path === undefined) {
    throw new GitSopsError('no-rules-yet', { detail: own[0] ?? 'age1…' });
  }
  for (const text of recipient ?? []) {
    try {
      parseRecipient(text);
    } catch (error) {
      // Not the text itself: it may be a secret in the wrong place.
      throw error instanceof GitSopsError ? error.with({ file: '--recipient' }) : error;
    }
  }
  const name = oneLine((await readSetting('user.name')) ?? '');
  // Whoever writes the first rules has nobody to be added by, and would be the one without a name.
  const isOwn = (one: string) => own.includes(one) || (keygen === true && one === recipients.at(-1));
  const names = new Map(name === null ? [] : recipients.filter(isOwn).map((one) => [one, name] as const));
  const text = Buffer.from(await newRules([...new Set(recipients)], path, { names }));
  steps.push({
    what: `write ${configName}: ${path.join(', ')} for ${recipients.length === 1 ? 'one recipient' : `${recipients.length} recipients`}`,
    run: () => writeWorkFileOver(io.cwd, configName, null, text),
  });
  return text;
}

/** A key of the user's such as `--keygen` would make; that of a device or a plugin is another thing. */
function keyOf(own: readonly string[], io: Io): string | null {
  const found = own.find((recipient) => /^age1[^1]+$/.test(recipient)) ?? null;
  if (found !== null)
    io.stdout.write(`You have a key already, ${found}: none is made (git sops keygen makes another)\n`);
  return found;
}

/** Plans a new key of the user's. @returns its recipient */
function keyStep(io: Io, steps: Step[]): string {
  const file = userKeyFilePath(io);
  if (file === null) throw new GitSopsError('no-key-place');
  const made = generateKeyFile(io.now());
  steps.push({
    what: `add a new age key to ${file}; its recipient is ${made.recipient}`,
    run: async () => void writeNewKey(file, io.now(), made),
  });
  return made.recipient;
}

/** Git could neither add these files nor say their status any more. */
function refuseAdoption(refused: readonly GitSopsError[], io: Io): number {
  for (const error of refused) io.report(error);
  return io.report(
    new GitSopsError('not-adoptable', { detail: refused.length === 1 ? 'a file' : `${refused.length} files` }),
  );
}

/** @param lookAgain whether all still is as the steps were made for, once the user has agreed */
async function carryOut(
  steps: readonly Step[],
  args: readonly string[],
  yes: boolean,
  io: Io,
  lookAgain: () => Promise<void> = async () => {},
): Promise<number> {
  if (steps.length === 0) {
    io.stdout.write('Everything is set up.\n');
    return 0;
  }
  if (!yes) {
    io.stdout.write(`git sops init will\n${steps.map(({ what }) => `  - ${what}\n`).join('')}`);
    if (!(await confirm('Go on?', io))) {
      const same = ['git', 'sops', 'init', ...args, '--yes'].map(shellQuote).join(' ');
      io.stderr.write(`git-sops: nothing was written\n  try: ${same}\n`);
      return 1;
    }
  }
  await lookAgain();
  for (const { what, run } of steps) {
    await run();
    io.stdout.write(`did ${what}\n`);
  }
  return 0;
}

function wrongUse(option: string, value: string): GitSopsError {
  return new GitSopsError('wrong-use', { detail: `${option} does not take "${value}"`, other: 'git sops init --help' });
}
