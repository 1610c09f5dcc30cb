/**
 * A filter that is simple enough to see what the protocol does: letters turned by 13 places. What a path is called says
 * how it behaves. Writes each request into the file that ROT13_LOG names.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type FilterResult, type SmudgeRequest, serveFilter } from '../../../src/git/filter-protocol.ts';
import { encodePath } from '../../../src/git/path.ts';

const log = (entry: unknown) => appendFileSync(process.env['ROT13_LOG'] as string, `${JSON.stringify(entry)}\n`);

function rot13(content: Uint8Array): Uint8Array {
  return content.map((byte) => {
    const letter = (byte | 0x20) - 0x61;
    return letter >= 0 && letter < 26 ? byte - letter + ((letter + 13) % 26) : byte;
  });
}

async function answer(
  command: string,
  request: Partial<SmudgeRequest> & { path: string; content: Buffer },
): Promise<FilterResult> {
  const { path, content, ref, treeish, blob } = request;
  log({ command, path: encodePath(path).toString('latin1'), size: content.length, ref, treeish, blob });
  if (command === 'smudge' && path.includes('slow')) await wait(200);
  if (path.includes('throw') || (command === 'smudge' && path.includes('unsmudgeable'))) throw new Error('as asked');
  if (path.includes('refuse')) return 'error';
  if (path.includes('abort')) return 'abort';
  if (path.includes('die')) process.kill(process.pid, 'SIGKILL');
  return rot13(content);
}

const maxDelayedBytes = process.env['ROT13_MAX_DELAYED'];
const maxContentBytes = process.env['ROT13_MAX_CONTENT'];
await serveFilter(
  {
    clean: (request) => answer('clean', request),
    smudge: (request) => answer('smudge', request),
    failed: (path, error) => log({ failed: path, why: (error as Error).message }),
  },
  {
    ...(maxDelayedBytes === undefined ? {} : { maxDelayedBytes: Number(maxDelayedBytes) }),
    ...(maxContentBytes === undefined ? {} : { maxContentBytes: Number(maxContentBytes) }),
  },
);
log({ end: true });
