import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Change } from '../../document/edit/candidates.ts';
import { editValues } from '../../document/edit/edit-values.ts';
import { GitSopsError } from '../../errors.ts';
import { loadValueReader } from '../../format/values/read.ts';
import { readJsonValue } from '../../format/values/read-json.ts';
import type { KeyPath } from '../../tree/key-path.ts';
import { hasValue, parseValuePath } from '../../tree/values/value-path.ts';
import { emptyMap } from '../../tree/values/value-tree.ts';
import type { Io } from '../io.ts';
import { readAll } from '../terminal/streams.ts';
import { openChangeable } from './change.ts';
import { ignoreMacFlag, sessionFlags, typeFlags } from './flags.ts';
import { readInput } from './input.ts';
import { formatOf, needsFile, openSession, parseFlags, type Session } from './session.ts';
import { writeOutput } from './write-output.ts';

const shared = {
  ...ignoreMacFlag,
  'input-type': typeFlags['input-type'],
  'output-type': typeFlags['output-type'],
  'shamir-secret-sharing-threshold': { type: 'string', value: 'N', help: 'accepted as in sops, without effect' },
  ...sessionFlags,
} as const;

const setSpec = {
  name: 'set',
  summary: 'set one value or branch of a file; nothing else in it changes',
  operands: 'FILE PATH [VALUE]',
  options: {
    'value-file': {
      type: 'boolean',
      help: 'VALUE is the name of a file that holds it, out of sight of a process list',
    },
    'value-stdin': { type: 'boolean', help: 'the value comes by standard input' },
    idempotent: { type: 'boolean', help: 'do not write the file where the value is there already (so it is anyway)' },
    ...shared,
  },
  examples: [
    [`git sops set secrets/db.yaml '["db"]["port"]' 5432`, 'a value is JSON'],
    [`pass db | jq -Rs . | git sops set --value-stdin secrets/db.yaml '["db"]["password"]'`, 'a secret, not in argv'],
  ],
} as const;

const unsetSpec = {
  name: 'unset',
  summary: 'take one value or branch out of a file; nothing else in it changes',
  operands: 'FILE PATH',
  options: { idempotent: { type: 'boolean', help: 'it is no failure if nothing is there' }, ...shared },
  examples: [[`git sops unset secrets/db.yaml '["db"]["old"]'`, 'a key with all below it']],
} as const;

export async function set(args: string[], outer: Io): Promise<number> {
  // A negative number is a value and no flag.
  const at = args.findIndex((arg) => /^-\d/.test(arg));
  const parsed = parseFlags(setSpec, at < 0 ? args : args.toSpliced(at, 1), outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  const operands = at < 0 ? parsed.operands : [...parsed.operands, args[at] ?? ''];
  if (values['value-file'] && values['value-stdin']) {
    throw new GitSopsError('wrong-use', { detail: '--value-file and --value-stdin exclude each other', exit: 1 });
  }
  const wanted = values['value-stdin'] ? 2 : 3;
  if (operands.length !== wanted) {
    throw needsFile('set', `a file, a path${wanted === 3 ? ' and a value' : ''} belong here`);
  }
  const [name = '', place = '', given = ''] = operands;
  const path = pathOf(place, name);
  const session = openSession(outer, values);
  const source = values['value-stdin']
    ? (await readAll(session.io.stdin)).toString()
    : values['value-file']
      ? valueFile(session.io, given)
      : given;
  const value = readJsonValue(source);
  // sops takes a list inside a map, but none alone: here it may stand alone.
  if (value === null) throw new GitSopsError('bad-set-value', { file: name });
  return changeFile(name, { kind: 'set', path, value }, values, session);
}

export async function unset(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(unsetSpec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  if (operands.length !== 2) throw needsFile('unset', 'a file and a path belong here');
  const [name = '', place = ''] = operands;
  const session = openSession(outer, values);
  return changeFile(name, { kind: 'unset', path: pathOf(place, name) }, values, session);
}

async function changeFile(
  name: string,
  change: Change,
  flags: {
    readonly 'input-type'?: string | undefined;
    readonly 'output-type'?: string | undefined;
    readonly 'ignore-mac'?: boolean | undefined;
    readonly idempotent?: boolean | undefined;
  },
  session: Session,
): Promise<number> {
  const { io } = session;
  const input = readInput(io, name, 'cannot-read');
  const file = input.file ?? '';
  try {
    const format = formatOf(file, flags['input-type']);
    const changeable = await openChangeable(input, format, session, {
      ignoreMac: flags['ignore-mac'],
      whole: false,
      output: flags['output-type'] ? formatOf(file, flags['output-type']) : format,
    });
    const { plaintext } = changeable;
    if (change.kind === 'unset' && flags.idempotent) {
      const [root = emptyMap] = (await loadValueReader(changeable.format))(plaintext);
      if (!hasValue(root, change.path)) return 0;
    }
    const edited = await editValues(changeable.format, plaintext, change);
    if (flags.idempotent && Buffer.compare(edited, plaintext) === 0) return 0;
    const written = await changeable.written(edited);
    if (Buffer.compare(written, input.bytes) !== 0) writeOutput(name, file, written, 0o600, input.bytes);
    return 0;
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file: error.facts.file ?? name }) : error;
  }
}

function pathOf(text: string, file: string): KeyPath {
  const path = parseValuePath(text);
  if (path !== null && path.length > 0) return path;
  throw new GitSopsError('bad-set-path', {
    file,
    detail: path === null ? 'each part stands in brackets' : 'it is empty',
  });
}

function valueFile(io: Io, name: string): string {
  try {
    return readFileSync(resolve(io.cwd, name), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new GitSopsError('cannot-read', { file: name, detail: code, exit: 1 });
  }
}
