import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binary } from '../../src/format/binary.ts';
import { everything, hasTools, SopsFolder, usual, Vault } from './vault.ts';

const vault = Vault.loose();
const samples: [string, Uint8Array][] = [
  ['nothing', Buffer.from('')],
  ['text', Buffer.from('hello\n')],
  ['bytes that are no text', Buffer.from([0, 0xff, 0xfe, 0x0a, 0x80])],
  ['a JSON object', Buffer.from('{"auths": {"x": {"auth": "eA=="}}}\n')],
  ['half an envelope', Buffer.from('{"data": "x", "sops": {}}')],
  ['a broken one', Buffer.from('{"data": "x", "sops": {"mac": "y"}')],
  ['JSON with a key twice', Buffer.from('{"data": "x", "data": "y"}')],
];

describe('binary files', () => {
  test.each(samples)('%s: one leaf, sealed and restored', (_, content) => {
    const parsed = binary.parse(content);
    expect(parsed.metadata).toBeNull();
    expect(parsed.view(everything).leaves).toEqual([
      expect.objectContaining({ path: ['data'], type: 'str', plaintext: content, canonical: content, comments: [[]] }),
    ]);
    const sealed = vault.seal(binary, content);
    expect(vault.open(binary, sealed).equals(content)).toBe(true);
  });

  test('the envelope is spelled as sops spells it', () => {
    const sealed = Buffer.from(vault.seal(binary, 'x')).toString();
    expect(sealed).toMatch(
      /^\{\n\t"data": "ENC\[.*,type:str\]",\n\t"sops": \{\n\t\t"age": \[\n\t\t\t\{\n\t\t\t\t"enc": /,
    );
    expect(sealed).toMatch(/\n\t\t"mac": "ENC\[.*\]",\n\t\t"version": "3\.13\.2"\n\t\}\n\}\n$/);
    expect(Buffer.from(vault.seal(binary, '')).toString()).toMatch(/^\{\n\t"data": "",\n/);
  });

  test('an envelope in another layout keeps it', () => {
    const base = '{ "sops":{"mac":"ENC[m]", "version":"3"} , "data":"ENC[A]"}\r\n';
    const like = binary.parse(Buffer.from(base));
    const seal = (metadata: object) =>
      Buffer.from(
        binary
          .parse(Buffer.from('x'))
          .view(everything)
          .seal({ token: () => 'ENC[B]', metadata: { ...like.metadata, ...metadata }, like }),
      ).toString();
    expect(seal({})).toBe(base.replace('[A]', '[B]'));
    expect(seal({ version: '4' })).toContain('"mac": "ENC[m]"');
  });

  test('further entries are refused: they would be lost', () => {
    expect(() => binary.parse(Buffer.from('{"data":"x","more":1,"sops":{"mac":"y"}}'))).toThrow(
      expect.objectContaining({ code: 'invalid-binary' }),
    );
  });

  test('metadata whose selector leaves the data in the clear is refused', () => {
    const seal = () =>
      binary
        .parse(Buffer.from('x'))
        .view(() => false)
        .seal({ token: () => 'ENC[]', metadata: {}, like: null });
    expect(seal).toThrow(expect.objectContaining({ code: 'invalid-binary' }));
  });

  test('20 MB pass in reasonable time', () => {
    const content = randomBytes(20 << 20);
    const sealed = vault.seal(binary, content);
    const start = performance.now();
    const { leaves } = binary.parse(sealed).view(usual);
    expect(String(leaves[0]?.plaintext).length).toBeGreaterThan(content.length);
    expect(binary.parse(content).metadata).toBeNull();
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(vault.open(binary, sealed).equals(content)).toBe(true);
  });
});

describe.skipIf(!hasTools)('binary against real sops (needs sops)', () => {
  let folder: SopsFolder;
  beforeAll(() => {
    folder = new SopsFolder();
  });
  afterAll(() => folder.remove());

  test.each(samples)('%s: sops opens ours', (_, content) => {
    expect(folder.decrypt('ours.bin', folder.vault.seal(binary, content)).equals(content)).toBe(true);
  });

  test.each(samples)('%s: ours opens sops’s, and follows it', (_, content) => {
    const own = folder.encrypt('own.bin', content);
    const parsed = binary.parse(own);
    const vault = folder.vaultOf(parsed.metadata ?? {});
    expect(vault.open(binary, own).equals(content)).toBe(true);
    const data = JSON.parse(own.toString()).data;
    const again = binary
      .parse(content)
      .view(usual)
      .seal({ token: () => data, metadata: parsed.metadata ?? {}, like: parsed });
    expect(Buffer.from(again).equals(own)).toBe(true);
    const fresh = binary
      .parse(content)
      .view(usual)
      .seal({ token: () => data, metadata: parsed.metadata ?? {}, like: null });
    expect(Buffer.from(fresh).equals(own)).toBe(true);
  });
});
