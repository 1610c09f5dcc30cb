import { expect, it } from 'vitest';
import { isReencryption } from '../../src/document/value-tokens.ts';

const token = (data: string) => `ENC[AES256_GCM,data:${data},iv:aXY=,tag:dGFn,type:str]`;
const file = (...tokens: string[]) => Buffer.from(tokens.map((each, i) => `k${i}: ${each}\n`).join(''));

it('a file is encrypted anew where nothing of its ciphertext stayed', () => {
  expect(isReencryption(file(token('YQ=='), token('Yg==')), file(token('Yw=='), token('ZA==')))).toBe(true);
  expect(isReencryption(file(token('YQ=='), token('Yg==')), file(token('Yw=='), token('Yg==')))).toBe(false);
  expect(isReencryption(Buffer.from('a: plain\n'), file(token('YQ==')))).toBe(false);
});

it.each(['ENC[AES256_GCM,', 'ENC[AES256_GCM,data:a,', 'A'])(
  'what begins a million times and never ends is soon read: %s',
  (part) => {
    const hostile = Buffer.from(part.repeat(1_500_000 / part.length));
    const before = process.cpuUsage();
    isReencryption(hostile, file(token('YQ==')));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(5);
  },
);
