import { lstatSync, mkdirSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { readRequest, requestFolder, requestPath, writeRequest } from '../document/join-request.ts';
import { anchorFor } from '../document/rules-edit/anchors.ts';
import { oneLine } from '../document/rules-edit/edit-rules.ts';
import { GitSopsError } from '../errors.ts';
import { readWorkFile } from '../git/work-file.ts';
import { generateKeyFile, writeNewKey } from '../keys/keygen.ts';
import { userKeyFilePath } from '../keys/sources/user-key-file.ts';
import { quotePath, shellPath, shellQuote } from '../quote.ts';
import { init, setUpAlone } from './init.ts';
import type { Io } from './io.ts';
import { type Repo, withRepo } from './recipients/change.ts';
import { everyone } from './recipients/people.ts';
import { pendingRequests } from './recipients/requests.ts';
import { StagedStep } from './recipients/staged-step.ts';
import { readSetting } from './set-up/set-up.ts';
import type { Step } from './set-up/step.ts';
import { confirm } from './terminal/confirm.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'join',
  summary: 'ask to read the secrets of this repository: your public key goes into a file that a colleague approves',
  options: {
    name: { type: 'string', value: 'NAME', help: 'what the others call you; your user.name in Git if not given' },
    yes: { type: 'boolean', short: 'y', help: 'write without asking' },
  },
  examples: [['git sops join', 'makes a key if you have none, sets up this clone, and says what to push']],
} as const;

export async function join(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  return withRepo(outer, (repo) => ask(values.name, values.yes === true, repo));
}

async function ask(given: string | undefined, yes: boolean, repo: Repo): Promise<number> {
  const { io, keyring, rules, secrets } = repo;
  const people = everyone(
    rules,
    secrets.encrypted.map(({ sops }) => sops),
  );
  const own = await keyring.ownRecipients(people.map(({ shown }) => shown));
  const known = people.find(({ shown }) => own.includes(shown));
  if (known !== undefined) {
    io.stdout.write(`You are a recipient here already (${known.shown}).\n`);
    return init(['--yes'], io);
  }
  const name = oneLine(given ?? (await readSetting('user.name')) ?? '') ?? 'newcomer';
  const id = anchorFor(name, new Set());
  const path = requestPath(id);
  const steps: Step[] = [];
  const recipient = own[0] ?? keyStep(io, steps);
  // A key that nobody has agreed to yet is not kept, so it is not shown either.
  const shown = own[0] ?? 'made with it';
  const present = readWorkFile(io.cwd, path)?.content ?? null;
  const request = present === null ? null : readRequest(present);
  if (present !== null && request?.recipient !== recipient) throw new GitSopsError('request-taken', { file: path });
  // One key asks once: of two requests each would stand for the same, and one would stay when the other is answered.
  const earlier = (await pendingRequests(io.cwd)).filter((one) => one.recipient === recipient && one.path !== path);
  const content = Buffer.from(writeRequest({ recipient, name }, `git sops recipients add ${id}`));
  steps.push({
    what: `put your public key into ${path}${earlier.map((one) => `, instead of ${quotePath(one.path)}`).join('')}, and stage it: ${name}, ${shown}`,
    run: async () => {
      makeFolder(io.cwd);
      const step = await StagedStep.open(io);
      await step.add({ path, content: present ?? content, isSecret: false });
      for (const one of earlier) await step.add({ path: one.path, content: null, isSecret: false });
      await step.carryOut();
    },
  });
  if (!yes) {
    io.stdout.write(
      `git sops join will\n${steps.map(({ what }) => `  - ${what}\n`).join('')}  - set up this clone, as git sops init does\n`,
    );
    if (!(await confirm('Go on?', io))) {
      io.stderr.write('git-sops: nothing was written\n  try: git sops join --yes\n');
      return 1;
    }
  }
  for (const { what, run } of steps) {
    await run();
    io.stdout.write(`did ${what}\n`);
  }
  if (own.length === 0) io.stdout.write(`Your public key: ${recipient}\n`);
  await setUpAlone(io);
  // One that was only staged is gone without a trace, and Git knows no such path.
  const paths = [path, ...earlier.flatMap((one) => (one.commit === null ? [] : [one.path]))].map(shellPath).join(' ');
  const subject = shellQuote(`${name} asks to read the secrets`);
  io.stdout.write(
    `\nCommit and push it, on a branch of its own if that is how you work:\n  git commit -m ${subject} -- ${paths}\n  git push\n` +
      `Somebody who can read the secrets approves it with git sops recipients add ${id}; tell them your key by another way.\n` +
      'After that, git pull shows you the secrets.\n',
  );
  return 0;
}

/** Plans a new key of the user's. @returns its recipient */
function keyStep(io: Io, steps: Step[]): string {
  const file = userKeyFilePath(io);
  if (file === null) throw new GitSopsError('no-key-place');
  const made = generateKeyFile(io.now());
  steps.push({
    what: `add a new age key to ${quotePath(file)} (keep it secret, keep a copy)`,
    run: async () => void writeNewKey(file, io.now(), made),
  });
  return made.recipient;
}

/** A clone may be hostile: a link in the way would lead out of it. */
function makeFolder(top: string): void {
  let folder = top;
  for (const part of requestFolder.split('/')) {
    folder = joinPath(folder, part);
    if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new GitSopsError('file-outside-work-tree', { file: requestFolder });
    }
  }
  mkdirSync(folder, { recursive: true });
}
