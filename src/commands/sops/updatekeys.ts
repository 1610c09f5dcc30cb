import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { withRecipients } from '../../document/rekey.ts';
import { GitSopsError } from '../../errors.ts';
import { escapeText, quotePath, shellPath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { Answers } from './answers.ts';
import { coveredOperands, reachOf } from './covered-operands.ts';
import { findRule } from './creation.ts';
import { eachFile } from './each-file.ts';
import { sessionFlags, typeFlags } from './flags.ts';
import { readInput } from './input.ts';
import { diffKeys, keysOfFile, keysOfRule } from './key-diff.ts';
import { keyTools, openKeyed, readKeyed, stageKeyed } from './rekeyed-file.ts';
import { formatOf, needsFile, openSession, parseFlags, type Session } from './session.ts';
import { writeOutput } from './write-output.ts';

const spec = {
  name: 'updatekeys',
  summary: 'give files the recipients that their rule has now, under the data key that they have',
  operands: 'FILE…',
  options: {
    yes: { type: 'boolean', short: 'y', help: 'do not ask' },
    all: { type: 'boolean', help: 'every covered file of the repository' },
    'input-type': typeFlags['input-type'],
    ...sessionFlags,
  },
  examples: [
    ['git sops updatekeys secrets/db.yaml', 'after .sops.yaml got a new recipient; shows who comes and goes, and asks'],
    ['git sops updatekeys --all --yes', 'when somebody left, git sops rotate as well: they may have kept the data key'],
  ],
} as const;

export async function updatekeys(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  if (operands.length === 0 && !values.all) throw needsFile('updatekeys');
  const session = openSession(outer, values, reachOf(operands, values.all === true, outer));
  const { io } = session;
  const names = values.all ? await coveredOperands([], true, io) : operands;
  const answers = new Answers(io);
  try {
    return await eachFile(names, io, async (name) => {
      try {
        return await updateFile(name, values, answers, session);
      } catch (error) {
        // Only that no identity opens it has a code of its own.
        throw error instanceof GitSopsError && error.code !== 'no-identity' ? error.with({ exit: 1 }) : error;
      }
    });
  } finally {
    answers.close();
  }
}

async function updateFile(
  name: string,
  flags: { yes?: boolean | undefined; 'input-type'?: string | undefined },
  answers: Answers,
  session: Session,
): Promise<number> {
  const { io } = session;
  const file = resolve(io.cwd, name);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw new GitSopsError('cannot-read', { file: name, detail: 'EISDIR' });
  }
  const keyed = await readKeyed(readInput(io, name), formatOf(file, flags['input-type']));
  const rule = await findRule(file, name, session);
  if (rule === null) throw new GitSopsError('no-config', { file: name });
  const { keyGroups, shamirThreshold } = keyed.sops.metadata;
  const groups = rule.groups.length;
  const had = keyGroups.length > 1 ? shamirThreshold || keyGroups.length : 0;
  const threshold = groups > 1 ? rule.shamirThreshold || Math.min(had || groups, groups) : 0;
  const diff = diffKeys(keysOfFile(keyGroups, had), keysOfRule(rule.groups, threshold));
  if (!diff.changes) {
    io.stderr.write(`${quotePath(name)} is up to date\n`);
    return 0;
  }
  io.stdout.write(`The keys of ${quotePath(name)} will be:\n${diff.lines.map(escapeText).join('\n')}\n`);
  if (!flags.yes) {
    const agreed = await answers.yes('Is this okay?');
    if (agreed === null) throw new GitSopsError('not-agreed', { file: name, detail: `updatekeys ${shellPath(name)}` });
    if (!agreed) {
      io.stderr.write(`${quotePath(name)} is left unchanged\n`);
      return 0;
    }
  }
  const bytes = await withRecipients(await openKeyed(keyed, session), {
    groups: rule.groups,
    threshold,
    ...keyTools(session),
  });
  if (keyed.unlocked !== null) await stageKeyed(keyed.unlocked, bytes, 'updated the keys of', null, io);
  else {
    writeOutput(name, file, bytes, 0o666, keyed.input.bytes);
    io.stderr.write(`updated the keys of ${quotePath(name)}\n`);
  }
  return 0;
}
