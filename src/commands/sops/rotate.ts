import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CreationRule } from '../../document/creation-rule.ts';
import { rotated } from '../../document/rekey.ts';
import { type KeyChanges, rotationOf } from '../../document/rotation.ts';
import { GitSopsError } from '../../errors.ts';
import { filterAttributes } from '../../git/attributes.ts';
import type { Io } from '../io.ts';
import { refuseOtherFormat } from './change.ts';
import { coveredOperands, reachOf } from './covered-operands.ts';
import { type CreationFlags, findRule, namedRecipients } from './creation.ts';
import { checkOutput, deliver } from './deliver.ts';
import { openEncrypted } from './encrypted.ts';
import { ignoreMacFlag, outputFlags, overrideFlag, recipientFlags, sessionFlags, typeFlags } from './flags.ts';
import { readInput } from './input.ts';
import { Progress } from './progress.ts';
import { keyTools, readKeyed, stageKeyed } from './rekeyed-file.ts';
import { formatOf, needsFile, openSession, parseFlags, type Session, withRecipientCode } from './session.ts';
import { isUnmerged, type TrackedFile, trackedFile } from './unlocked-file.ts';
import { writeOutput } from './write-output.ts';

const {
  'shamir-secret-sharing-threshold': _threshold,
  'aws-profile': profile,
  'encryption-context': context,
  ...kinds
} = recipientFlags;

type Prefixed<P extends string> = {
  readonly [K in keyof typeof kinds as `${P}-${K}`]: { type: 'string'; value: 'LIST'; help: string };
};

function prefixed<const P extends string>(prefix: P, verb: string): Prefixed<P> {
  const flags = Object.entries(kinds).map(([name, { help }]) => [
    `${prefix}-${name}`,
    { type: 'string', value: 'LIST', help: `${verb} ${help.replace(/,? with commas| \(SOPS.*\)/g, '')}` },
  ]);
  return Object.fromEntries(flags) as Prefixed<P>;
}

const spec = {
  name: 'rotate',
  summary: 'give files a new data key: in Git for the recipients of their rule, elsewhere for those that they have',
  operands: 'FILE…',
  options: {
    all: { type: 'boolean', help: 'every covered file of the repository' },
    ...outputFlags,
    stdout: { type: 'boolean', help: 'write a covered file to standard output as well, instead of staging it' },
    ...prefixed('add', 'also for these'),
    ...prefixed('rm', 'no longer for these'),
    'aws-profile': profile,
    'encryption-context': context,
    ...ignoreMacFlag,
    ...typeFlags,
    ...overrideFlag,
    ...sessionFlags,
  },
  examples: [
    ['git sops rotate secrets/db.yaml', 'after its rule changed, or somebody left; the new blob is staged'],
    ['git sops rotate -i --rm-age age1… other.yaml', 'as sops does it: in place, and nothing else'],
  ],
} as const;

interface Flags extends CreationFlags {
  readonly 'in-place'?: boolean | undefined;
  readonly output?: string | undefined;
  readonly stdout?: boolean | undefined;
  readonly 'ignore-mac'?: boolean | undefined;
  readonly 'input-type'?: string | undefined;
  readonly 'output-type'?: string | undefined;
  readonly 'filename-override'?: string | undefined;
}

/** All are made before the first is written: one that cannot be rotated leaves none rotated. */
export async function rotate(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  if (operands.length === 0 && !values.all)
    throw needsFile('rotate', 'no file was named; --all is for every covered one');
  if (values['in-place'] && values.output) checkOutput('rotate', operands, values);
  const session = openSession(outer, values, reachOf(operands, values.all === true, outer));
  const { io } = session;
  const keys = { add: namedRecipients(values, 'add-'), remove: namedRecipients(values, 'rm-') };
  for (const name of operands) {
    if (keys.add.length + keys.remove.length > 0 && !existsSync(resolve(io.cwd, name))) {
      throw new GitSopsError('keys-of-missing-file', { file: name });
    }
  }
  const names = await coveredOperands(operands, values.all === true, io);
  const files: Rotated[] = [];
  const bar = new Progress(names.length, io);
  try {
    for (const name of names) {
      files.push(await prepare(name, values, keys, session));
      bar.step();
    }
  } finally {
    bar.clear();
  }
  if (files.some(({ isStaged }) => !isStaged)) checkOutput('rotate', names, values);
  for (const { write } of files) await write();
  return 0;
}

interface Rotated {
  /** It goes to Git's index, not to an output. */
  readonly isStaged: boolean;
  write(): Promise<void>;
}

/** Makes the new file, and does not write it yet. */
async function prepare(name: string, flags: Flags, keys: KeyChanges, session: Session): Promise<Rotated> {
  const { io } = session;
  const input = readInput(io, name, 'cannot-read');
  const path = resolve(io.cwd, flags['filename-override'] || name);
  try {
    const format = formatOf(path, flags['input-type']);
    const output = flags['output-type'] ? formatOf(path, flags['output-type']) : format;
    const keyed = await readKeyed(input, format, flags['ignore-mac']);
    const tracked = keyed.unlocked ?? (await lockedFile(input.file ?? '', name, flags));
    // What Git's filter takes care of gets what its rule asks for, unless the command line says who.
    const named = keys.add.length + keys.remove.length > 0;
    const rule = tracked === null || named ? null : await ruleOf(input.file ?? '', name, session);
    if (tracked !== null) refuseOtherFormat(name, format, output);
    const opened = await openEncrypted(name, keyed.sops, session, flags['ignore-mac']);
    // An envelope under another name stays what it is.
    const as = output === format ? keyed.sops.format.name : output;
    const bytes = await rotated(opened, { ...rotationOf(keyed.sops, rule, keys), output: as, ...keyTools(session) });
    if (tracked === null) return { isStaged: false, write: () => deliver(input, bytes, flags, io, 0o666) };
    const put = keyed.unlocked === null ? () => writeOutput(name, input.file ?? '', bytes, 0o666, input.bytes) : null;
    return { isStaged: true, write: () => stageKeyed(tracked, bytes, 'rotated', put, io) };
  } catch (error) {
    throw error instanceof GitSopsError ? withRecipientCode(error).with({ file: error.facts.file ?? name }) : error;
  }
}

/** A file that no rule covers any more keeps whom it has. */
async function ruleOf(file: string, name: string, session: Session): Promise<CreationRule | null> {
  try {
    return await findRule(file, name, session, true);
  } catch (error) {
    if (error instanceof GitSopsError && error.code === 'no-matching-rule') return null;
    throw error;
  }
}

/** A covered file that lies here as ciphertext, in a repository that has the filter; null for all others and for sops's outputs. @throws GitSopsError `in-conflict` */
async function lockedFile(file: string, name: string, flags: Flags): Promise<TrackedFile | null> {
  if (flags['in-place'] || flags.output || flags.stdout) return null;
  const tracked = await trackedFile(file);
  // To standard output it would go, and none of it into Git.
  if (tracked === null && (await isUnmerged(file))) throw new GitSopsError('in-conflict', { file: name });
  if (tracked === null) return null;
  const attributes = await filterAttributes([tracked.path], { cwd: tracked.top });
  return attributes.get(tracked.path)?.filter === 'sops' ? tracked : null;
}
