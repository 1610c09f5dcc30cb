import { describe, expect, it } from 'vitest';
import type { CryptoBackend } from '../../../src/crypto/backend.ts';
import { nodeBackend } from '../../../src/crypto/node-backend.ts';
import { mergeBlobs } from '../../../src/document/merge/merge-blobs.ts';
import { at, edited, opened, person, sealed } from './people.ts';

const path = 'db.yaml';
const text = 'user: admin\npassword: hunter2\nurl: postgres\n';
const alice = person();

/** What was decrypted: AAD and tag. */
async function merge(base: Uint8Array, ours: Uint8Array, theirs: Uint8Array) {
  const decrypted: string[] = [];
  const backend: CryptoBackend = {
    ...nodeBackend,
    decrypt(key, nonce, aad, data, tag) {
      decrypted.push(`${Buffer.from(aad)} ${Buffer.from(tag).toString('hex')}`);
      return nodeBackend.decrypt(key, nonce, aad, data, tag);
    },
  };
  const onConflict = async () => ({ size: 7, ours: 'ours', theirs: 'theirs', base: null });
  const rule = async () => null;
  const { keyring } = alice;
  const request = { path, base, ours, theirs, onConflict, rule, keyring, backend, now: at(30) };
  return { decrypted, ...(await mergeBlobs(request)) };
}

async function threeVersions() {
  const base = await sealed(path, text, [alice]);
  const ours = await edited(path, base, alice, { text: text.replace('admin', 'root') });
  const theirs = await edited(path, base, alice, { text: text.replace('hunter2', 'hunter3') });
  return { base, ours, theirs };
}

const line = (blob: Buffer, key: string) => blob.toString().match(new RegExp(`^${key}: .*\n`, 'm'))?.[0] ?? '';

describe('what a merge verifies', () => {
  it('is each ciphertext once, however many versions have it, and the MAC of every version and of the result', async () => {
    const { base, ours, theirs } = await threeVersions();
    const { decrypted, conflict, blob } = await merge(base, ours, theirs);
    expect(conflict).toBe(false);
    expect(Buffer.from((await opened(path, blob, alice)).bytes).toString()).toBe(
      'user: root\npassword: hunter3\nurl: postgres\n',
    );
    expect(new Set(decrypted).size).toBe(decrypted.length);
    const values = decrypted.filter((name) => /^\w+: /.test(name));
    expect(values.map((name) => name.split(':')[0]).toSorted()).toEqual([
      'password',
      'password',
      'url',
      'user',
      'user',
    ]);
    expect(decrypted.length - values.length).toBe(4);
  });

  it('P5: is the MAC also of a version in which every ciphertext is known', async () => {
    const { base, ours, theirs } = await threeVersions();
    const short = Buffer.from(base.toString().replace(line(base, 'url'), ''));
    expect(await merge(base, ours, short)).toMatchObject({
      conflict: true,
      side: 'theirs',
      why: { code: 'broken-mac' },
    });
    expect((await merge(short, ours, theirs)).lostBase?.code).toBe('broken-mac');
  });

  it('P5: is a ciphertext at another place, or under another data key', async () => {
    const { base, ours } = await threeVersions();
    const token = (blob: Buffer, key: string) => line(blob, key).slice(key.length + 2);
    const swapped = Buffer.from(base.toString().replace(token(base, 'password'), token(base, 'url')));
    expect(await merge(base, ours, swapped)).toMatchObject({ side: 'theirs', why: { code: 'broken-tag' } });
    const rotated = await edited(path, base, alice, { rotate: true });
    const mixed = Buffer.from(rotated.toString().replace(line(rotated, 'url'), line(ours, 'url')));
    expect(await merge(base, ours, mixed)).toMatchObject({ side: 'theirs', why: { code: 'broken-tag' } });
  });

  it('is a result in which values changed places: no ciphertext goes along', async () => {
    const { base } = await threeVersions();
    const swapped = text.replace('admin', 'x').replace('postgres', 'admin').replace('x', 'postgres');
    const ours = await edited(path, base, alice, { text: swapped });
    const theirs = await edited(path, base, alice, { text: text.replace('hunter2', 'hunter3') });
    const { blob, conflict } = await merge(base, ours, theirs);
    expect(conflict).toBe(false);
    expect(Buffer.from((await opened(path, blob, alice)).bytes).toString()).toBe(swapped.replace('hunter2', 'hunter3'));
    for (const key of ['user', 'url']) expect(line(base, key)).not.toBe(line(Buffer.from(blob), key));
  });
});
