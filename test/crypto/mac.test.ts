import { describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { computeMac, openMac, sameMac, sealMac } from '../../src/crypto/mac.ts';
import { nobleBackend } from '../../src/crypto/noble-backend.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { encryptValue } from '../../src/crypto/value-cipher.ts';

const key = newDataKey(nodeBackend);
const time = '2026-01-02T03:04:05Z';

describe('the MAC', () => {
  it('is SHA-512 over the parts with nothing between, in upper-case hex', () => {
    const abc =
      'DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F';
    expect(computeMac(nodeBackend, ['a', 'bc'], false)).toBe(abc);
    expect(computeMac(nobleBackend, ['ab', new Uint8Array([0x63])], false)).toBe(abc);
  });

  it('differs when it is over encrypted values only', () => {
    const over = computeMac(nodeBackend, ['abc'], true);
    expect(over).not.toBe(computeMac(nodeBackend, ['abc'], false));
    expect(over).toBe(computeMac(nobleBackend, ['abc'], true));
  });

  it('opens for its key and time only', () => {
    const mac = computeMac(nodeBackend, ['a'], false);
    const sealed = sealMac(nodeBackend, key, mac, time);
    expect(openMac(nobleBackend, key, sealed, time)).toBe(mac);
    expect(openMac(nodeBackend, key, sealed, '2026-01-02T03:04:06Z')).toBeNull();
    expect(openMac(nodeBackend, newDataKey(nodeBackend), sealed, time)).toBeNull();
    expect(() => openMac(nodeBackend, key, 'none', time)).toThrow(expect.objectContaining({ code: 'broken-token' }));
  });

  it('is a string, as sops asks for', () => {
    const sealed = encryptValue(nodeBackend, key, time, { type: 'comment', plaintext: 'AB' });
    expect(openMac(nodeBackend, key, sealed, time)).toBeNull();
  });

  it.each([
    ['AB', 'AB', true],
    ['AB', 'AC', false],
    ['BB', 'AB', false],
    ['AB', 'ABC', false],
    ['AB', 'ab', false],
    ['', '', true],
  ])('%j and %j are the same: %s', (a, b, same) => {
    expect(sameMac(a, b)).toBe(same);
  });
});
