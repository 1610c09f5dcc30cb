import { describe, expect, it } from 'vitest';
import { mergePlaintext } from '../../../src/document/merge/merge-plaintext.ts';
import type { FormatName } from '../../../src/format/format.ts';

const style = async () => ({ size: 7, ours: 'ours', theirs: 'theirs', base: null });

async function shown(format: FormatName, base: string, ours: string, theirs: string) {
  const versions = { base: Buffer.from(base), ours: Buffer.from(ours), theirs: Buffer.from(theirs) };
  const merged = await mergePlaintext(format, versions, style);
  return { conflict: merged?.conflict, text: Buffer.from(merged?.bytes ?? []).toString() };
}

/** Null for a conflict. */
async function merge(base: string, ours: string, theirs: string, format: FormatName = 'yaml'): Promise<string | null> {
  const { conflict, text } = await shown(format, base, ours, theirs);
  return conflict === false ? text : null;
}

const users = (...items: readonly (readonly string[])[]) =>
  `users:\n${items.map((fields) => `  - ${fields.join('\n    ')}\n`).join('')}`;
const tokens = (...items: readonly string[]) => `tokens:\n${items.map((item) => `  - ${item}\n`).join('')}`;
const json = (...items: readonly Record<string, string>[]) => `${JSON.stringify({ users: items })}\n`;

describe('items of a list, of which one side adds some and changes others', () => {
  const bob = ['user: bob', 'pw: p1'];
  const alice = ['user: alice', 'pw: a1'];

  it('get what the other side changed in them, and no other item gets it', async () => {
    const ours = users(alice, ['user: bob', 'pw: p2']);
    const theirs = users([...bob, 'role: admin']);
    const both = users(alice, ['user: bob', 'pw: p2', 'role: admin']);
    expect(await merge(users(bob), ours, theirs)).toBe(both);
    expect(await merge(users(bob), theirs, ours)).toBe(both);
  });

  it('lose what the other side took away', async () => {
    const base = users([...bob, 'old: revoked']);
    const ours = users(alice, ['user: bob', 'pw: p2', 'old: revoked']);
    expect(await merge(base, ours, users(bob))).toBe(users(alice, ['user: bob', 'pw: p2']));
    expect(await merge(base, users(bob), ours)).toBe(users(alice, ['user: bob', 'pw: p2']));
  });

  it('get it in JSON', async () => {
    const base = json({ user: 'bob', pw: 'p1' });
    const ours = json({ user: 'alice', pw: 'a1' }, { user: 'bob', pw: 'p2' });
    const theirs = json({ user: 'bob', pw: 'p1', role: 'admin' });
    const merged = await merge(base, ours, theirs, 'json');
    expect(JSON.parse(merged ?? '')).toEqual({
      users: [
        { user: 'alice', pw: 'a1' },
        { user: 'bob', pw: 'p2', role: 'admin' },
      ],
    });
  });

  it('are in conflict where nothing says which is which', async () => {
    const theirs = users(['a: 1', 'b: 2', 'c: 3']);
    expect(await merge(users(['a: 1', 'b: 2']), users(['a: 9', 'b: 9'], ['a: 8', 'b: 8']), theirs)).toBeNull();
    expect(await merge(users(['a: 1', 'b: 2']), users(['a: 1', 'b: 9'], ['a: 8', 'b: 2']), theirs)).toBeNull();
    expect(await merge(tokens('b1', 'c1'), tokens('a', 'b2', 'c1'), tokens('b3', 'c1'))).toBeNull();
    const twins = users(['a: 1', 'b: 2'], ['a: 1', 'b: 3']);
    expect(await merge(twins, users(['a: 1', 'b: 9']), users(['a: 1', 'b: 2', 'c: 3'], ['a: 1', 'b: 3']))).toBeNull();
    const named = (first: string, second: string, more = '') =>
      users([`name: ${first}`, 'a: 1', 'b: 2', ...(more === '' ? [] : [more])], [`name: ${second}`, 'a: 1', 'b: 2']);
    expect(await merge(named('x', 'y'), named('v', 'w'), named('x', 'y', 'c: 3'))).toBeNull();
  });
});

describe('an item of a list that was replaced by another', () => {
  it('is in conflict where the other side changed it, with a name, another one, or none', async () => {
    for (const key of ['name', 'id', 'user', 'x']) {
      const [base, ours] = [users([`${key}: bob`, 'pw: p1']), users([`${key}: alice`, 'pw: a1'])];
      const theirs = users([`${key}: bob`, 'pw: p1', 'role: admin']);
      const { conflict, text } = await shown('yaml', base, ours, theirs);
      expect(conflict, key).toBe(true);
      expect(text, key).toMatch(/>>>>>>> theirs/);
      expect(text, key).toContain('alice');
      expect(text, key).toContain('role: admin');
      expect((await shown('yaml', base, theirs, ours)).conflict, key).toBe(true);
    }
  });

  it('is not taken for it because both have what anybody may have', async () => {
    for (const key of ['name', 'user']) {
      const base = users([`${key}: bob`, 'role: admin']);
      const theirs = users([`${key}: bob`, 'role: admin', 'pw: secret']);
      expect(await merge(base, users([`${key}: alice`, 'role: admin']), theirs), key).toBeNull();
    }
  });

  it('goes where the other side did not touch it, though that put others into another order', async () => {
    const [a, b, c] = [['x: a'], ['x: b'], ['x: c', 'y: c']];
    expect(await merge(users(a, b, c), users(b, c), users(c, b, a))).toBe(users(c, b));
    expect(await merge(users(a, b, c), users(['x: new'], b, c), users(c, b, a))).toBe(users(c, b, ['x: new']));
  });
});

describe('a value of a list that one side took away', () => {
  const base = tokens('revoked', 'B', 'C');

  it('does not come back because the other side moved it', async () => {
    expect(await merge(base, tokens('B', 'C'), tokens('C', 'B', 'revoked'))).toBe(tokens('C', 'B'));
    expect(await merge(base, tokens('C', 'B', 'revoked'), tokens('B', 'C'))).toBe(tokens('C', 'B'));
    expect(await merge('t: [revoked, B, C]\n', 't: [B, C]\n', 't: [C, B, revoked]\n')).toBe('t: [C, B]\n');
  });

  it('is in conflict where the other side changed it, or each took away another copy of it', async () => {
    expect(await merge(base, tokens('B', 'C'), tokens('rotated', 'B', 'C'))).toBeNull();
    expect(await merge(base, tokens('B', 'C'), tokens('rotated', 'new', 'B', 'C'))).toBeNull();
    expect(await merge(base, tokens('B', 'C'), tokens('C', 'B', 'rotated'))).toBeNull();
    expect(await merge(tokens('x', 'y', 'x'), tokens('y', 'x'), tokens('x', 'y'))).toBeNull();
  });

  it('is in conflict with others where both add some and one puts them into another order', async () => {
    expect(await merge(base, tokens('C', 'B', 'revoked', 'D'), tokens('revoked', 'B', 'C', 'E'))).toBeNull();
  });

  it('does not hinder what is added and changed elsewhere', async () => {
    expect(await merge(base, tokens('B', 'C', 'D'), tokens('revoked', 'B2', 'C'))).toBe(tokens('B2', 'C', 'D'));
    expect(await merge(base, tokens('B', 'C'), tokens('B', 'C', 'D'))).toBe(tokens('B', 'C', 'D'));
  });
});

describe('lists that both sides begin', () => {
  it('are not merged into one item each where the items are different things', async () => {
    const [ours, theirs] = [users(['user: alice']), users(['role: admin', 'pw: bobs'])];
    expect(await merge('a: 1\n', `a: 1\n${ours}`, `a: 1\n${theirs}`)).toBeNull();
  });
});

describe('documents', () => {
  it('are followed by what they say; the only one of a file is the file', async () => {
    expect(await merge('a: 1\n', 'a: 2\n', 'a: 1\nb: 1\n')).toBe('a: 2\nb: 1\n');
    expect(await merge('a: 1\n', '---\nx: 1\n---\na: 2\n', 'a: 1\nb: 1\n')).toBeNull();
  });
});
