import { readFile } from 'node:fs/promises';
import { nodeBackend } from '../crypto/node-backend.ts';
import { smudgeFile } from '../document/smudge.ts';
import { shortenTokens } from './filter/shorten-tokens.ts';
import type { Io } from './io.ts';
import { openKeyring } from './repository/keyring.ts';

/**
 * `textconv FILE`: plaintext for `git diff`, `log -p`, `show` and `blame`. Git has smudged a blob before it calls this, so
 * ciphertext arrives only from a locked tree, from a reader without a key, or from a file that does not verify.
 */
export async function textconv(args: string[], io: Io): Promise<number> {
  const file = args.at(-1);
  if (file === undefined) return 2;
  const content = await readFile(file);
  const keyring = openKeyring(io);
  const { state, bytes } = await smudgeFile(file, content, keyring, nodeBackend);
  io.stdout.write(state === 'locked' || state === 'broken' ? shortenTokens(bytes) : bytes);
  return 0;
}
