import { GitSopsError } from '../errors.ts';
import { writeNewKey } from '../keys/keygen.ts';
import { userKeyFilePath } from '../keys/sources/user-key-file.ts';
import type { Io } from './io.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'keygen',
  summary: 'make an age key pair in the place where sops looks for it',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: 'put it there instead; keys that are there stay' },
  },
  examples: [['git sops keygen', 'adds a key to sops/age/keys.txt in your configuration folder']],
} as const;

export async function keygen(args: string[], io: Io): Promise<number> {
  const parsed = parseOptions(spec, args, io);
  if (parsed === null) return 0;
  const path = parsed.values.output ?? userKeyFilePath(io);
  if (path === null) throw new GitSopsError('no-key-place');
  const { recipient, appended } = writeNewKey(path, io.now());
  io.stdout.write(
    `${appended ? 'Added a key to' : 'Wrote'} ${path} (keep it secret, keep a copy)\nRecipient: ${recipient}\n`,
  );
  if (appended)
    io.stdout.write('The keys that were there stay, and all of them open files; git sops doctor names them.\n');
  return 0;
}
