import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endMergeRequests, type MergeRequest, readMergeRequests } from '../../src/git/merge-requests.ts';

const nonce = '01234567 89abcdef 01234567 89abcdef';

/** Two named pipes, as the shell opens them: for both directions, so that none is ever at its end. */
function pipes() {
  const folder = mkdtempSync(join(tmpdir(), 'git-sops-requests-'));
  const [q, a] = [join(folder, 'q'), join(folder, 'a')];
  expect(spawnSync('mkfifo', [q, a]).status).toBe(0);
  const [requests, answers] = [openSync(q, 'r+'), openSync(a, constants.O_RDWR | constants.O_NONBLOCK)];
  onTestFinished(() => {
    for (const fd of [requests, answers]) closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const send = (bytes: string | Uint8Array) => writeSync(requests, Buffer.from(bytes as string));
  const answered = () => {
    const space = Buffer.alloc(4096);
    return space.toString('latin1', 0, readSync(answers, space, 0, space.length, null));
  };
  return { requests, answers, send, answered };
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 10));
const framed = (id: string, ...args: string[]) =>
  [id, String(args.length), ...args].map((part) => `${part}\0`).join('');

async function all(requests: AsyncGenerator<MergeRequest>): Promise<(readonly string[])[]> {
  const found: (readonly string[])[] = [];
  for await (const { args } of requests) found.push(args);
  return found;
}

// Windows has no named pipes in folders, and no server there.
describe.skipIf(process.platform === 'win32')('requests for merges', () => {
  const first = framed('17', '--virtual', '.merge_file_a', '', 'a b\nc.yaml', '%X', '');
  const second = framed('18', 'ü.yaml');

  it('come whole, wherever the pipe cuts them, empty arguments and all, up to the zero byte that ends them', async () => {
    const bytes = Buffer.from(`${first}${second}`);
    const expected = [['--virtual', '.merge_file_a', '', 'a b\nc.yaml', '%X', ''], ['ü.yaml']];
    for (let cut = 1; cut < bytes.length; cut++) {
      const { requests, answers, send } = pipes();
      const reading = all(readMergeRequests(requests, answers, nonce));
      send(bytes.subarray(0, cut));
      await moment();
      send(bytes.subarray(cut));
      await endMergeRequests(requests);
      expect(await reading, `cut at ${cut}`).toEqual(expected);
    }
  });

  it('are none where one is cut off, and what follows the end is left alone', async () => {
    const { requests, answers, send } = pipes();
    const reading = readMergeRequests(requests, answers, nonce);
    send(framed('1', 'a'));
    expect((await reading.next()).value?.args).toEqual(['a']);
    const next = reading.next();
    send('2\x003\0b\0c\0');
    const early = await Promise.race([next.then(() => 'a request'), moment().then(() => 'nothing yet')]);
    expect(early).toBe('nothing yet');
    send(`d\0\0${framed('3', 'e')}`);
    expect((await next).value?.args).toEqual(['b', 'c', 'd']);
    expect((await reading.next()).done).toBe(true);
  });

  it('are answered with the nonce and the id of who asked, a line each', async () => {
    const { requests, answers, send, answered } = pipes();
    const reading = readMergeRequests(requests, answers, nonce);
    send(framed('123', 'a') + framed('456', 'b'));
    const one: MergeRequest = (await reading.next()).value;
    await one.begin();
    expect(answered()).toBe(`${nonce} 123 begins\n`);
    await one.end(129);
    expect(answered()).toBe(`${nonce} 123 exits 129\n`);
    const other: MergeRequest = (await reading.next()).value;
    await other.begin();
    await other.end(0);
    expect(answered()).toBe(`${nonce} 456 begins\n${nonce} 456 exits 0\n`);
    await endMergeRequests(requests);
    expect((await reading.next()).done).toBe(true);
  });

  it('keep names that are not UTF-8 apart and whole', async () => {
    const { requests, answers, send } = pipes();
    const reading = readMergeRequests(requests, answers, nonce);
    send(Buffer.concat([Buffer.from('9\x002\0'), Buffer.from([0xff, 0x61, 0]), Buffer.from([0xfe, 0x61, 0])]));
    const { args }: MergeRequest = (await reading.next()).value;
    expect(args).toHaveLength(2);
    expect(new Set(args).size).toBe(2);
    await endMergeRequests(requests);
    await reading.next();
  });
});
