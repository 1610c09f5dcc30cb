import { parseCreationRules } from '../document/creation-rules.ts';
import { configName } from '../document/rule-finder.ts';
import { GitSopsError } from '../errors.ts';
import { managedLines, withManagedLines } from '../git/attributes-file.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { gitVersion, requireGit } from '../git/version.ts';
import { readWorkFile, writeWorkFile } from '../git/work-file.ts';
import { writeNewKey } from '../keys/keygen.ts';
import { createKeyring } from '../keys/keyring.ts';
import { userKeyFilePath } from '../keys/user-key-file.ts';
import { atTop } from './at-top.ts';
import { attributeLines } from './attributes-plan.ts';
import { confirm } from './confirm.ts';
import { hookPlan, type Step } from './hook-plan.ts';
import type { Io } from './io.ts';
import { turnFiles } from './lock.ts';
import { newRules } from './new-rules.ts';
import { parseOptions } from './options.ts';
import { lockedHere, missingSettings, setLocked, writeSettings } from './set-up.ts';
import { worktreeReader } from './worktree-reader.ts';

const spec = {
  name: 'init',
  summary: 'set up this repository and this clone (or, with --global, this machine)',
  options: {
    recipient: { type: 'string', multiple: true, value: 'AGE', help: 'who can decrypt new files; may be repeated' },
    path: {
      type: 'string',
      multiple: true,
      value: 'GLOB',
      help: 'what is encrypted, such as secrets/**; may be repeated',
    },
    keygen: { type: 'boolean', help: 'make an age key first and be a recipient' },
    mode: { type: 'string', value: 'MODE', help: 'plaintext (default), or ciphertext: no plaintext at rest' },
    hook: { type: 'string', value: 'KIND', help: 'native (default) or none' },
    global: { type: 'boolean', help: 'register the filter for all clones of this user' },
    yes: { type: 'boolean', short: 'y', help: 'write without asking' },
  },
  examples: [
    ['git sops init --yes', 'in a clone of a repository that is set up'],
    ["git sops init --recipient age1… --path 'secrets/**'", 'a first .sops.yaml'],
    ['git sops init --global', 'once a machine: every later clone is transparent and fails closed'],
  ],
} as const;

export async function init(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  requireGit(await gitVersion());
  if (values.mode !== undefined && !['plaintext', 'ciphertext'].includes(values.mode))
    throw wrongUse('--mode', values.mode);
  if (values.hook !== undefined && !['native', 'none'].includes(values.hook)) throw wrongUse('--hook', values.hook);

  if (values.global) {
    const settings = await missingSettings(outer, '--global', false);
    const steps = settings.map((setting) => ({
      what: `set ${setting[0]} in your Git configuration`,
      run: () => writeSettings([setting], '--global'),
    }));
    return carryOut(steps, values.yes === true, outer);
  }

  const { io } = await atTop(outer);
  const blobs = new BlobReader();
  try {
    const steps: Step[] = [];
    const rules = await rulesSource(values, io, blobs, steps);
    const read = async (path: string) => (path === configName ? rules : worktreeReader(io.cwd, blobs)(path));
    const attributes = readWorkFile(io.cwd, '.gitattributes')?.content.toString() ?? '';
    const lines = await attributeLines(read);
    if (lines.length > 0 && JSON.stringify(managedLines(attributes)) !== JSON.stringify(lines)) {
      steps.push({
        what: `write ${lines.length === 1 ? 'a line' : `${lines.length} lines`} to .gitattributes: ${lines[0]}${lines.length > 1 ? ' …' : ''}`,
        run: () => writeWorkFile(io.cwd, '.gitattributes', Buffer.from(withManagedLines(attributes, lines))),
      });
    }
    const locked = values.mode === undefined ? await lockedHere() : values.mode === 'ciphertext';
    if ((await missingSettings(io, '--local', locked)).length > 0) {
      steps.push({
        what: 'register filter and diff driver in this clone’s Git configuration',
        run: () => setLocked(io, locked),
      });
    }
    if (values.hook !== 'none') steps.push(...(await hookPlan(io)));
    const code = await carryOut(steps, values.yes === true, io);
    if (code !== 0) return code;
    const { turned, closed } = await turnFiles(locked ? 'lock' : 'unlock', [], io, async () => {});
    if (turned > 0)
      io.stdout.write(
        `${turned} covered ${turned === 1 ? 'file is' : 'files are'} now ${locked ? 'ciphertext' : 'plaintext'} here\n`,
      );
    if (closed.length > 0) {
      io.stdout.write(
        `${closed.length} covered ${closed.length === 1 ? 'file stays' : 'files stay'} ciphertext: no identity here opens ${closed.length === 1 ? 'it' : 'them'}\n`,
      );
    }
    return 0;
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
  blobs: BlobReader,
  steps: Step[],
): Promise<Uint8Array> {
  const present = await worktreeReader(io.cwd, blobs)(configName);
  if (present !== null) {
    if (recipient !== undefined || path !== undefined) throw new GitSopsError('rules-exist', { file: configName });
    await parseCreationRules(present).catch((error: unknown) => {
      throw error instanceof GitSopsError ? error.with({ file: configName }) : error;
    });
    return present;
  }
  const recipients = [...(recipient ?? [])];
  if (keygen) {
    const file = userKeyFilePath(io);
    if (file === null) throw new GitSopsError('no-key-place');
    const made = writeNewKey(file, io.now());
    io.stdout.write(`${made.appended ? 'Added a key to' : 'Wrote'} ${file}\n`);
    recipients.push(made.recipient);
  }
  if (recipients.length === 0 || path === undefined) {
    const own = await createKeyring({ env: io.env, platform: io.platform, home: io.home }).ownRecipients();
    throw new GitSopsError('no-rules-yet', { detail: own[0] ?? 'age1…' });
  }
  const text = Buffer.from(await newRules(recipients, path));
  steps.push({
    what: `write ${configName}: ${path.join(', ')} for ${recipients.length === 1 ? 'one recipient' : `${recipients.length} recipients`}`,
    run: () => writeWorkFile(io.cwd, configName, text),
  });
  return text;
}

async function carryOut(steps: readonly Step[], yes: boolean, io: Io): Promise<number> {
  if (steps.length === 0) {
    io.stdout.write('Everything is set up.\n');
    return 0;
  }
  if (!yes) {
    io.stdout.write(`git sops init will\n${steps.map(({ what }) => `  - ${what}\n`).join('')}`);
    if (!(await confirm('Go on?', io))) {
      io.stderr.write('git-sops: nothing was written\n  try: git sops init --yes\n');
      return 1;
    }
  }
  for (const { what, run } of steps) {
    await run();
    if (yes) io.stdout.write(`did ${what}\n`);
  }
  return 0;
}

function wrongUse(option: string, value: string): GitSopsError {
  return new GitSopsError('wrong-use', { detail: `${option} does not take "${value}"`, other: 'git sops init --help' });
}
