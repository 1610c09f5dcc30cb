import { GitSopsError } from '../errors.ts';
import { writeNewKey } from '../keys/keygen.ts';
import { userKeyFilePath } from '../keys/user-key-file.ts';
import type { Io } from './io.ts';
import { parseOptions } from './options.ts';

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
  return 0;
}
