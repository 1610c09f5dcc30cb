import { resolve } from 'node:path';
import { encryptFile } from '../../document/encrypt-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import type { Io } from '../io.ts';
import { creationRuleFor } from './creation.ts';
import { checkOutput, deliver } from './deliver.ts';
import { eachFile } from './each-file.ts';
import { outputFlags, overrideFlag, recipientFlags, selectorFlags, sessionFlags, typeFlags } from './flags.ts';
import { readInput, readStdin } from './input.ts';
import { keyTools } from './rekeyed-file.ts';
import { formatOf, openSession, parseFlags, wholeNumber, withRecipientCode } from './session.ts';

const spec = {
  name: 'encrypt',
  summary: 'encrypt a file, or standard input, as sops does; the layout stays',
  operands: '[FILE…]',
  options: { ...outputFlags, ...recipientFlags, ...selectorFlags, ...typeFlags, ...overrideFlag, ...sessionFlags },
  examples: [
    ['git sops encrypt -i secrets/db.yaml', 'in place, by the rule of .sops.yaml that covers it'],
    ['git sops encrypt --age age1… --filename-override x.json <in.json', 'from standard input'],
  ],
} as const;

export async function encrypt(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  const override = values['filename-override'];
  checkOutput('encrypt', operands, values);
  if (operands.length === 0 && !override) {
    throw new GitSopsError('conflicting-flags', {
      detail: 'what comes by standard input has no name to find its rule and type by',
      other: 'git sops encrypt --filename-override NAME <FILE',
    });
  }
  const session = openSession(outer, values);
  const { io } = session;
  const indent = wholeNumber('indent', values.indent);
  const one = async (given: string | null): Promise<number> => {
    const input = given === null ? await readStdin(io) : readInput(io, given);
    const path = override ? resolve(io.cwd, override) : (input.file ?? '');
    const rule = await creationRuleFor(path, override || input.name, values, session);
    const format = formatOf(path, values['input-type']);
    const output = formatOf(path, values['output-type']);
    try {
      const request = { source: input.bytes, input: format, output, indent, rule };
      const encrypted = await encryptFile({ ...request, ...keyTools(session) });
      await deliver(input, encrypted, values, io, 0o666);
      return 0;
    } catch (error) {
      throw error instanceof GitSopsError
        ? asSops(error, input.bytes, format).with({ file: error.facts.file ?? input.name })
        : error;
    }
  };
  return operands.length === 0 ? one(null) : eachFile(operands, io, one, true);
}

/** Its exit codes: a key that is sops's own means that the file is encrypted already; only of YAML an empty one is no document. */
function asSops(error: GitSopsError, source: Uint8Array, format: FormatName): GitSopsError {
  if (error.code === 'empty-file' && !(format === 'yaml' && source.length === 0)) return error.with({ exit: 2 });
  return withRecipientCode(error);
}
