import { resolve } from 'node:path';
import { convert } from '../../document/edit/convert.ts';
import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import type { KeyPath } from '../../tree/key-path.ts';
import { parseValuePath } from '../../tree/values/value-path.ts';
import type { Io } from '../io.ts';
import { checkOutput, deliver } from './deliver.ts';
import { eachFile } from './each-file.ts';
import { openEncrypted, readEncrypted } from './encrypted.ts';
import { extractValue } from './extract.ts';
import { ignoreMacFlag, outputFlags, overrideFlag, sessionFlags, typeFlags } from './flags.ts';
import { type Input, readInput, readStdin } from './input.ts';
import { formatOf, openSession, parseFlags, type Session, wholeNumber } from './session.ts';
import { unlockedFile } from './unlocked-file.ts';

const spec = {
  name: 'decrypt',
  summary: 'decrypt a file, or standard input, as sops does; the layout stays',
  operands: '[FILE…]',
  options: {
    ...outputFlags,
    extract: { type: 'string', value: 'PATH', help: `one value or branch, such as '["key"]["list"][0]'` },
    ...ignoreMacFlag,
    ...typeFlags,
    ...overrideFlag,
    ...sessionFlags,
  },
  examples: [
    [`git sops decrypt --extract '["db"]["password"]' secrets/db.yaml`, 'one value, without a line break'],
    ['git sops decrypt --output-type json secrets/db.yaml', 'as JSON'],
  ],
} as const;

export async function decrypt(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  checkOutput('decrypt', operands, values);
  if (operands.length === 0 && (outer.stdin as { isTTY?: boolean }).isTTY === true) {
    throw new GitSopsError('conflicting-flags', {
      detail: 'there is no file, and standard input is a terminal',
      other: 'git sops decrypt FILE, or git sops decrypt <FILE',
    });
  }
  const session = openSession(outer, values);
  const { io } = session;
  const indent = wholeNumber('indent', values.indent);
  const override = values['filename-override'];
  const path = parseValuePath(values.extract ?? '');
  const one = async (given: string | null): Promise<number> => {
    const input = given === null ? await readStdin(io) : readInput(io, given);
    if (path === null) throw new GitSopsError('bad-extract-path', { file: input.name });
    const name = override ? resolve(io.cwd, override) : (input.file ?? '');
    const types = { input: formatOf(name, values['input-type']), output: formatOf(name, values['output-type']) };
    const plain = await openPlain(input, types.input, session, values['ignore-mac']);
    // An envelope under another name holds what its content is.
    const output = plain.format === types.input || values['output-type'] ? types.output : plain.format;
    const bytes = await shown(plain, output, path, indent, input.name);
    // A file that was not there before is for its owner only.
    await deliver(input, bytes, values, io, 0o600);
    return 0;
  };
  return operands.length === 0 ? one(null) : eachFile(operands, io, one, true);
}

export interface Plain {
  readonly bytes: Uint8Array;
  readonly format: FormatName;
}

/** The plaintext of a file: decrypted, or as it stands where Git stores it encrypted and shows it in plaintext. */
export async function openPlain(input: Input, format: FormatName, session: Session, ignoreMac = false): Promise<Plain> {
  try {
    const file = await readEncrypted(input.name, input.bytes, format, ignoreMac);
    return { bytes: (await openEncrypted(input.name, file, session, ignoreMac)).bytes, format: file.format.name };
  } catch (error) {
    const unlocked =
      error instanceof GitSopsError && error.code === 'no-sops-metadata' && input.file !== null
        ? await unlockedFile(input.file)
        : null;
    if (unlocked === null) throw error;
    return { bytes: input.bytes, format };
  }
}

async function shown(
  { bytes, format }: Plain,
  output: FormatName,
  path: KeyPath,
  indent: number | null,
  name: string,
): Promise<Uint8Array> {
  try {
    if (path.length > 0) return await extractValue(bytes, format, output, path, indent);
    return await convert(bytes, format, output, indent, 'binary');
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file: name }) : error;
  }
}
