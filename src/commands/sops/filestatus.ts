import { GitSopsError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { eachFile } from './each-file.ts';
import { readEncrypted } from './encrypted.ts';
import { sessionFlags, typeFlags } from './flags.ts';
import { readInput } from './input.ts';
import { formatOf, needsFile, openSession, parseFlags } from './session.ts';

const spec = {
  name: 'filestatus',
  summary: 'whether a file, as it lies here, is encrypted: {"encrypted":true} or {"encrypted":false}',
  operands: 'FILE…',
  options: { 'input-type': typeFlags['input-type'], ...sessionFlags },
  examples: [['git sops filestatus secrets/db.yaml', 'one line of JSON for each file']],
} as const;

export async function filestatus(args: string[], outer: Io): Promise<number> {
  const parsed = parseFlags(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  if (operands.length === 0) throw needsFile('filestatus');
  const { io } = openSession(outer, values);
  return eachFile(operands, io, async (name) => {
    io.stdout.write(`${JSON.stringify({ encrypted: await isEncrypted(name, values['input-type'], io) })}\n`);
    return 0;
  });
}

async function isEncrypted(name: string, type: string | undefined, io: Io): Promise<boolean> {
  try {
    const { file, bytes } = readInput(io, name, 'cannot-read');
    await readEncrypted(name, bytes, formatOf(file ?? '', type));
    return true;
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    // Metadata that lacks these is none.
    if (['no-sops-metadata', 'missing-mac', 'missing-version'].includes(error.code)) return false;
    throw error.with({ exit: 1 });
  }
}
