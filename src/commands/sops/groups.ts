import { resolve } from 'node:path';
import type { RuleRecipient } from '../../document/creation-rule.ts';
import { withRecipients } from '../../document/rekey.ts';
import { recipientOf } from '../../document/wrap-recipients.ts';
import { GitSopsError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { namedRecipients } from './creation.ts';
import { deliver } from './deliver.ts';
import { recipientFlags, sessionFlags } from './flags.ts';
import { readInput } from './input.ts';
import { type KeyedFile, keyTools, openKeyed, readKeyed, stageKeyed } from './rekeyed-file.ts';
import { formatOf, openSession, parseFlags, type Session, wholeNumber } from './session.ts';

const shared = {
  file: { type: 'string', short: 'f', value: 'FILE', help: 'the file' },
  'in-place': { type: 'boolean', short: 'i', help: 'write it back to the file instead of to standard output' },
  ...sessionFlags,
} as const;

const {
  'shamir-secret-sharing-threshold': threshold,
  'aws-profile': profile,
  'encryption-context': context,
  ...kinds
} = recipientFlags;

type Many = { readonly [K in keyof typeof kinds]: { type: 'string'; multiple: true; value: 'KEY'; help: string } };
const manyKinds = Object.fromEntries(
  Object.entries(kinds).map(([name, { help }]) => [
    name,
    {
      type: 'string',
      multiple: true,
      value: 'KEY',
      help: `${help.replace(/,? with commas| \(SOPS.*\)/g, '')}; as often as needed`,
    },
  ]),
) as Many;

const addSpec = {
  name: 'groups add',
  summary: 'add a key group to a file; as many groups as the threshold says must then come together',
  operands: '',
  options: {
    ...shared,
    ...manyKinds,
    'shamir-secret-sharing-threshold': threshold,
    'aws-profile': profile,
    'encryption-context': context,
  },
  examples: [
    ['git sops groups add -i -f secrets/root.yaml --age age1…', 'a second group: both are needed from then on'],
  ],
} as const;

const deleteSpec = {
  name: 'groups delete',
  summary: 'take a key group out of a file',
  operands: 'INDEX',
  options: { ...shared, 'shamir-secret-sharing-threshold': threshold },
  examples: [['git sops groups delete -i -f secrets/root.yaml 1', 'the second group; they count from 0']],
} as const;

export async function groups([what, ...args]: string[], io: Io): Promise<number> {
  if (what === 'add') return add(args, io);
  if (what === 'delete') return remove(args, io);
  if (what === undefined || what === '--help' || what === '-h') {
    io.stdout.write(
      'git sops groups: the key groups of a file (Shamir secret sharing)\n\nUsage: git sops groups add|delete      --help behind each\n',
    );
    return 0;
  }
  throw new GitSopsError('wrong-use', {
    detail: 'there are groups add and groups delete',
    other: 'git sops groups add --help',
    exit: 1,
  });
}

async function add(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(addSpec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  if (operands.length > 0) {
    throw new GitSopsError('wrong-use', {
      detail: 'the file is named by --file',
      other: 'git sops groups add --help',
      exit: 1,
    });
  }
  const named = namedRecipients(values, '');
  return change(values, outer, ({ sops }) => [
    ...sops.metadata.keyGroups.map((group) => group.map(recipientOf)),
    named,
  ]);
}

async function remove(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(deleteSpec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  const index = wholeNumber('INDEX', operands[0]);
  if (operands.length !== 1 || index === null) {
    throw new GitSopsError('wrong-use', {
      detail: 'one index belongs here',
      other: 'git sops groups delete --help',
      exit: 1,
    });
  }
  return change(values, outer, ({ sops, input }, asked) => {
    const { keyGroups, shamirThreshold } = sops.metadata;
    if (index >= keyGroups.length) {
      throw new GitSopsError('no-such-group', { file: input.name, detail: `${index}`, other: `${keyGroups.length}` });
    }
    const left = keyGroups.toSpliced(index, 1).map((group) => group.map(recipientOf));
    const needed = asked || shamirThreshold;
    if (left.length === 0 || left.length < needed) {
      const facts = { detail: `${Math.max(needed, 1)}`, other: `${left.length}` };
      throw new GitSopsError('threshold-out-of-reach', { file: input.name, ...facts });
    }
    return left;
  });
}

async function change(
  flags: {
    readonly file?: string | undefined;
    readonly 'in-place'?: boolean | undefined;
    readonly 'shamir-secret-sharing-threshold'?: string | undefined;
    readonly config?: string | undefined;
  },
  outer: Io,
  wanted: (file: KeyedFile, asked: number) => readonly (readonly RuleRecipient[])[],
): Promise<number> {
  const session: Session = openSession(outer, flags);
  const { io } = session;
  const asked = wholeNumber('shamir-secret-sharing-threshold', flags['shamir-secret-sharing-threshold']) ?? 0;
  if (!flags.file) throw new GitSopsError('cannot-read', { detail: 'no file was named by --file', exit: 2 });
  const input = readInput(io, flags.file, 'cannot-read');
  const keyed = await readKeyed(input, formatOf(resolve(io.cwd, flags.file), undefined));
  try {
    const opened = await openKeyed(keyed, session);
    const request = { groups: wanted(keyed, asked), threshold: asked || keyed.sops.metadata.shamirThreshold };
    const bytes = await withRecipients(opened, { ...request, ...keyTools(session) });
    if (keyed.unlocked !== null) await stageKeyed(keyed.unlocked, bytes, 'changed the key groups of', null, io);
    else await deliver(input, bytes, flags, io, 0o666);
    return 0;
  } catch (error) {
    // sops has codes of its own for reading and opening only.
    throw error instanceof GitSopsError ? error.with({ file: input.name, exit: 1 }) : error;
  }
}
