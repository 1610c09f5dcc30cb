import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { encryptFile } from '../../document/encrypt-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import { quotePath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { keepPrivately, type PrivateFolder, withPrivateFolder } from '../repository/private-folder.ts';
import { confirm } from '../terminal/confirm.ts';
import { type Changeable, openChangeable } from './change.ts';
import { creationRuleFor } from './creation.ts';
import { runEditor } from './editor.ts';
import { ignoreMacFlag, recipientFlags, selectorFlags, sessionFlags, typeFlags } from './flags.ts';
import { type Input, readInput } from './input.ts';
import { keyTools } from './rekeyed-file.ts';
import { formatOf, needsFile, openSession, parseFlags, type Session } from './session.ts';
import { withShownMetadata } from './shown-metadata.ts';
import { waitForEnter } from './wait-for-enter.ts';
import { writeOutput } from './write-output.ts';

const spec = {
  name: 'edit',
  summary: 'edit a file in plaintext, or begin a new one; it is written when the editor ends',
  operands: 'FILE',
  options: {
    ...ignoreMacFlag,
    ...recipientFlags,
    ...selectorFlags,
    'input-type': typeFlags['input-type'],
    'output-type': typeFlags['output-type'],
    'show-master-keys': {
      type: 'boolean',
      short: 's',
      help: 'show the metadata too, below the plaintext; not to edit',
    },
    ...sessionFlags,
  },
  examples: [
    ['git sops edit secrets/db.yaml', 'in SOPS_EDITOR or EDITOR; it must wait ("code --wait")'],
    ['git sops edit -s secrets/db.yaml', 'with its metadata: who reads it, and since when'],
    ['git sops edit secrets/new.yaml', 'a new file, by the rule of .sops.yaml that covers it'],
  ],
} as const;

export async function edit(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  const [name, another] = operands;
  if (name === undefined) throw needsFile('edit');
  if (another !== undefined) throw needsFile('edit', 'one file at a time can be edited');
  const session = openSession(outer, values);
  const { io } = session;
  const file = resolve(io.cwd, name);
  const format = formatOf(file, values['input-type']);
  const output = values['output-type'] ? formatOf(file, values['output-type']) : format;
  const changeable = existsSync(file)
    ? await openChangeable(readInput(io, name, 'cannot-read'), format, session, {
        ignoreMac: values['ignore-mac'],
        whole: true,
        output,
      })
    : await beginNew(file, name, output, values, session);
  const sealed = values['show-master-keys'] ? await changeable.sealed() : null;
  const edited = sealed === null ? changeable : await withShownMetadata(changeable, sealed);
  const written = await withPrivateFolder(io, (folder) => editUntilGood(edited, folder, io));
  try {
    await writeUnlessChanged(changeable.input, file, written, io);
    return 0;
  } catch (error) {
    // Nobody shall type it twice.
    const kept = await keepPrivately(basename(file), written, io);
    io.stderr.write(`git-sops: what you wrote is kept in ${quotePath(kept)}\n`);
    throw error;
  }
}

/** A new file: its rule is looked for before anybody types a word. */
async function beginNew(
  file: string,
  name: string,
  format: FormatName,
  flags: Parameters<typeof creationRuleFor>[2],
  session: Session,
): Promise<Changeable> {
  const rule = await creationRuleFor(file, name, flags, session);
  return {
    input: { name, file, bytes: new Uint8Array() },
    format,
    plaintext: Buffer.from(examples[format]),
    sealed: async () => null,
    written: (source) =>
      encryptFile({ source, input: format, output: format, indent: null, rule, ...keyTools(session) }),
  };
}

/** The plaintext lives as long as this takes, in a folder that only this user can read. */
async function editUntilGood({ input, plaintext, written }: Changeable, folder: PrivateFolder, io: Io) {
  const path = join(folder.path, basename(input.file ?? 'file'));
  await writeFile(path, plaintext, { mode: 0o600, flag: 'wx' });
  for (;;) {
    await runEditor(path, io, folder);
    const edited = readEdited(path, input.name);
    if (Buffer.compare(edited, plaintext) === 0) throw new GitSopsError('edit-unchanged', { file: input.name });
    try {
      return await written(edited);
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      tell(error.with({ file: input.name }), io);
      io.stderr.write('Press Enter to go back to the editor with what you wrote, or Ctrl+C to give it up. ');
      if (!(await waitForEnter(io, folder))) {
        io.stderr.write('\n');
        throw new GitSopsError('edit-given-up', { file: input.name });
      }
    }
  }
}

/** Mostly without the command that would mend it elsewhere: here the editor is next. */
function tell(error: GitSopsError, { stderr }: Io): void {
  const { file = '', line, column } = error.facts;
  const place = [quotePath(file), line, column].filter((part) => part !== undefined).join(':');
  stderr.write(`git-sops: ${place}: ${error.message}\n`);
  // No edit changes recipients.
  if (error.code === 'metadata-edited') stderr.write(`  try: ${error.hint}\n`);
}

function readEdited(path: string, name: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new GitSopsError('cannot-read', { file: name, detail: (error as NodeJS.ErrnoException).code });
  }
}

/** Over what was opened; over another version only where the user says so, having been told of that one. */
async function writeUnlessChanged({ name, bytes }: Input, file: string, written: Uint8Array, io: Io): Promise<void> {
  for (let seen = bytes; ; ) {
    try {
      writeOutput(name, file, written, 0o666, seen);
      return;
    } catch (error) {
      if (!(error instanceof GitSopsError) || error.code !== 'file-changed-meanwhile') throw error;
      const now = existsSync(file) ? readFileSync(file) : new Uint8Array();
      const question = `${quotePath(name)} was changed by somebody else meanwhile. Write your version over it?`;
      if (!(await confirm(question, io))) throw error;
      seen = now;
    }
  }
}

const hint = 'What you write here is encrypted when you save it and leave the editor.';
const examples: Readonly<Record<FormatName, string>> = {
  yaml: `# ${hint}\nexample_key: example value\nexample_list:\n    - first\n    - second\n`,
  json: '{\n\t"example_key": "example value",\n\t"example_list": [\n\t\t"first",\n\t\t"second"\n\t]\n}\n',
  dotenv: `# ${hint}\nEXAMPLE_KEY=example value\n`,
  ini: `; ${hint}\n[example]\nkey = example value\n`,
  binary: `${hint}\n`,
};
