import { GitSopsError } from '../../errors.ts';
import { plainText } from '../../format/values/emit-dotenv.ts';
import { loadValueReader } from '../../format/values/read.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import { emptyMap } from '../../tree/values/value-tree.ts';
import type { Io } from '../io.ts';
import { openPlain, type Plain } from './decrypt.ts';
import { ignoreMacFlag, sessionFlags, typeFlags } from './flags.ts';
import { readInput } from './input.ts';
import { becomeShell, runShell, startShell, withSignals } from './run-command.ts';
import { formatOf, openSession, parseFlags } from './session.ts';
import { findUser } from './user.ts';

const spec = {
  name: 'exec-env',
  summary: 'run a command with the values of a file as environment variables; its exit code is the command’s',
  operands: 'FILE COMMAND',
  options: {
    pristine: { type: 'boolean', help: 'with these variables only' },
    'same-process': { type: 'boolean', help: 'in place of this program, where the runtime can (else as a child)' },
    user: { type: 'string', value: 'NAME', help: 'as this user (root only)' },
    background: { type: 'boolean', help: 'do not wait for it (sops is about to drop this)' },
    'input-type': typeFlags['input-type'],
    ...ignoreMacFlag,
    ...sessionFlags,
  },
  examples: [[`git sops exec-env secrets/app.env './server --port 80'`, 'the shell reads the command']],
} as const;

export async function execEnv(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  const [name, command] = operands;
  if (operands.length !== 2 || name === undefined || command === undefined) {
    throw new GitSopsError('wrong-use', {
      detail: 'a file and one command (in quotes) belong here',
      other: 'git sops exec-env --help',
      exit: 1,
    });
  }
  if (values.background && values['same-process']) {
    throw new GitSopsError('conflicting-flags', { detail: '--same-process and --background exclude each other' });
  }
  const session = openSession(outer, values);
  const input = readInput(session.io, name, 'cannot-read');
  const plain = await openPlain(input, formatOf(input.file ?? '', values['input-type']), session, values['ignore-mac']);
  const user = values.user ? findUser(values.user) : undefined;
  const inherited = values.pristine ? {} : outer.env;
  const env = { ...inherited, ...user?.env, ...(await variablesOf(plain, name)) };
  const running = { env, user: user && { uid: user.uid, gid: user.gid } };
  if (values.background) {
    startShell(command, running);
    return 0;
  }
  if (values['same-process']) return becomeShell(command, running);
  return withSignals((started) => runShell(command, { ...running, started }));
}

/** @throws GitSopsError `not-for-environment` with the key, never its value */
async function variablesOf({ bytes, format }: Plain, file: string): Promise<Record<string, string>> {
  const [root = emptyMap] = (await loadValueReader(format))(bytes);
  const entries = root.kind === 'map' ? root.entries : [];
  return Object.fromEntries(
    entries.map(({ key, value }) => {
      const refuse = (detail: string) =>
        new GitSopsError('not-for-environment', { file, keyPath: showKeyPath([key]), detail });
      if (value.kind !== 'scalar') throw refuse(`it is a ${value.kind}`);
      if (key.includes('=') || key.includes('\0') || key === '') throw refuse('its name has an = in it, or is none');
      const text = plainText(value);
      if (text.includes('\0')) throw refuse('its value holds a zero byte');
      return [key, text];
    }),
  );
}
