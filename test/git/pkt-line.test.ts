import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flush, maxPayload, PktLineReader, PktLineWriter } from '../../src/git/pkt-line.ts';

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] as number);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const reader = (bytes: string | Uint8Array, sizes: readonly number[] = []) =>
  new PktLineReader(chunked(Buffer.from(bytes as Uint8Array), sizes));

test('content comes back whole, wherever the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 })),
      fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 5 }),
      async (contents, sizes) => {
        const writer = new PktLineWriter();
        for (const content of contents) writer.line('key=a=b').flush().content(content).flush();
        const from = reader(Buffer.concat([...writer.take()]), sizes);
        for (const content of contents) {
          expect((await from.readLines())?.map(String)).toEqual(['key=a=b']);
          expect((await from.readContent(1000))?.content?.equals(Buffer.from(content))).toBe(true);
        }
        expect(await from.read()).toBeNull();
      },
    ),
    { seed: 3, numRuns: process.env['GIT_SOPS_SLOW'] === '1' ? 2000 : 100 },
  );
});

test.each([0, 1, maxPayload - 1, maxPayload, maxPayload + 1, 3 * maxPayload, 5_000_000])(
  'content of %i bytes uses packets that Git takes',
  async (size) => {
    const content = Buffer.alloc(size, 'git-sops');
    const bytes = Buffer.concat([...new PktLineWriter().content(content).flush().take()]);
    const first = reader(bytes);
    for (let packet = await first.read(); packet !== flush; packet = await first.read()) {
      expect((packet as Buffer).length).toBeLessThanOrEqual(65516);
    }
    expect((await reader(bytes, [65536]).readContent(size))?.content?.equals(content)).toBe(true);
  },
);

test('a small answer is one write', () => {
  const writer = new PktLineWriter().line('status=success').flush().content(Buffer.from('x')).flush().flush();
  expect([...writer.take()].map(String)).toEqual(['0013status=success\n00000005x00000000']);
  expect([...writer.take()]).toEqual([]);
});

test('one newline is the packet’s, a second is the name’s; an empty packet is no flush', async () => {
  expect((await reader('0007a\n\n0006b\n0005c00040000').readLines())?.map(String)).toEqual(['a\n', 'b', 'c', '']);
});

test('what is too large is read to its end and only counted', async () => {
  const from = reader('0009aaaaa0009bbbbb00000009ccccc0000');
  expect(await from.readContent(9)).toEqual({ size: 10, content: null });
  expect((await from.readContent(9))?.content?.toString()).toBe('ccccc');
});

describe('a broken stream is an error or an end, and never waits', () => {
  test.each(['zzzz', '00g0', ' 005a', '-001', '0001', '0002', '0003', 'fff1', 'FFFF', '0x10'])('%s', async (length) => {
    await expect(reader(`${length}${'x'.repeat(70_000)}`).read()).rejects.toMatchObject({ code: 'git-protocol' });
  });
  test.each(['', '0', '000', '0005', '0010abc'])('cut after "%s"', async (bytes) => {
    expect(await reader(bytes).read()).toBeNull();
    expect(await reader(bytes).readLines()).toBeNull();
    expect(await reader(bytes).readContent(10)).toBeNull();
  });
  test('a list without an end', async () => {
    await expect(reader('0005a'.repeat(1001)).readLines()).rejects.toMatchObject({ code: 'git-protocol' });
  });
});
