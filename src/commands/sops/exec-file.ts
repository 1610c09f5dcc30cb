import { chown, writeFile } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { convert } from '../../document/edit/convert.ts';
import { GitSopsError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { withPrivateFolder } from '../repository/private-folder.ts';
import { openPlain } from './decrypt.ts';
import { serveFifo } from './fifo.ts';
import { ignoreMacFlag, sessionFlags, typeFlags } from './flags.ts';
import { readInput } from './input.ts';
import { runShell } from './run-command.ts';
import { formatOf, openSession, parseFlags, wholeNumber } from './session.ts';
import { findUser } from './user.ts';

const spec = {
  name: 'exec-file',
  summary: 'run a command with the plaintext of a file behind a name, {}; its exit code is the command’s',
  operands: 'FILE COMMAND',
  options: {
    'no-fifo': { type: 'boolean', help: 'a file of this user’s own, instead of a pipe that can be read once' },
    filename: { type: 'string', value: 'NAME', help: 'its name; tmp-file if not given' },
    user: { type: 'string', value: 'NAME', help: 'as this user (root only)' },
    ...ignoreMacFlag,
    ...typeFlags,
    ...sessionFlags,
  },
  examples: [
    [`git sops exec-file secrets/kube.yaml 'kubectl --kubeconfig {} get pods'`, 'the shell reads the command'],
  ],
} as const;

export async function execFile(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  const [name, command] = operands;
  if (operands.length !== 2 || name === undefined || command === undefined) {
    throw new GitSopsError('wrong-use', {
      detail: 'a file and one command (in quotes) belong here',
      other: 'git sops exec-file --help',
      exit: 1,
    });
  }
  const filename = values.filename || 'tmp-file';
  if (isAbsolute(filename) || /^\.\.?(?:[/\\]|$)|[/\\]/.test(normalize(filename))) {
    throw new GitSopsError('wrong-use', { detail: '--filename takes a name without a folder', exit: 1 });
  }
  const session = openSession(outer, values);
  const input = readInput(session.io, name, 'cannot-read');
  const plain = await openPlain(input, formatOf(input.file ?? '', values['input-type']), session, values['ignore-mac']);
  const output = values['output-type'] ? formatOf(input.file ?? '', values['output-type']) : plain.format;
  const bytes = await convert(plain.bytes, plain.format, output, wholeNumber('indent', values.indent), 'binary');
  const user = values.user ? findUser(values.user) : undefined;
  return withPrivateFolder(session.io, async (folder) => {
    const path = join(folder.path, filename);
    const isFile = values['no-fifo'] === true || session.io.platform === 'win32';
    const stop = isFile ? null : serveFifo(path, bytes);
    if (isFile) await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
    if (user !== undefined) for (const name of [path, folder.path]) await chown(name, user.uid, user.gid);
    try {
      return await runShell(command.replaceAll('{}', path), {
        env: { ...outer.env, ...user?.env },
        user: user && { uid: user.uid, gid: user.gid },
        started: (kill) => folder.passSignals(kill),
      });
    } finally {
      stop?.();
    }
  });
}
