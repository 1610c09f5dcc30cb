import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeBackend } from '../../../src/crypto/node-backend.ts';
import { cleanFile } from '../../../src/document/clean.ts';
import { judge } from '../../../src/document/judge.ts';
import { type MergeRequest, mergeBlobs } from '../../../src/document/merge/merge-blobs.ts';
import { smudgeFile } from '../../../src/document/smudge.ts';
import { readSopsFile } from '../../../src/document/sops-file.ts';
import { hasSops, sops } from '../../sops.ts';
import { at, edited, nobody, opened, type Person, person, recipients, ruleFor, sealed } from './people.ts';

const path = 'db.yaml';
const text = 'user: admin\npassword: hunter2\nurl: postgres\n';
const style = async () => ({ size: 7, ours: 'ours', theirs: 'theirs', base: null });
const [alice, bob, carol] = [person(), person(), person()] as [Person, Person, Person];

function merge(base: Uint8Array | null, ours: Uint8Array, theirs: Uint8Array, more: Partial<MergeRequest> = {}) {
  const rule = async () => null;
  const request = { path, base, ours, theirs, onConflict: style, rule, backend: nodeBackend, now: at(30) };
  return mergeBlobs({ ...request, keyring: alice.keyring, ...more });
}

const lines = (blob: Uint8Array) => Buffer.from(blob).toString().split('\n');

describe('a clean merge', () => {
  it('keeps each side’s ciphertexts and makes time and MAC anew', async () => {
    const base = await sealed(path, text, [alice]);
    const ours = await edited(path, base, alice, { text: text.replace('admin', 'root') });
    const theirs = await edited(path, base, alice, { text: text.replace('hunter2', 'hunter3') });
    const merged = await merge(base, ours, theirs);
    expect(merged).toMatchObject({ conflict: false, why: null });
    expect(lines(merged.blob)[0]).toBe(lines(ours)[0]);
    expect(lines(merged.blob)[1]).toBe(lines(theirs)[1]);
    expect(lines(merged.blob)[2]).toBe(lines(base)[2]);
    const fresh = lines(merged.blob).filter((line) => ![...lines(ours), ...lines(theirs)].includes(line));
    expect(fresh.map((line) => line.trim().split(':')[0])).toEqual(['lastmodified', 'mac']);
    const { bytes } = await opened(path, merged.blob, alice);
    expect(Buffer.from(bytes).toString()).toBe('user: root\npassword: hunter3\nurl: postgres\n');
  });

  it('is the very blob of the side that the result equals', async () => {
    const base = await sealed(path, text, [alice]);
    const ours = await edited(path, base, alice, { text: text.replace('admin', 'root') });
    const theirs = await edited(path, base, alice, { text: text.replace('admin', 'root').replace('hunter2', 'x') });
    expect(Buffer.from((await merge(base, ours, theirs)).blob)).toEqual(theirs);
    expect(Buffer.from((await merge(base, theirs, ours)).blob)).toEqual(theirs);
  });

  it('gives equal new items of a list different ciphertexts', async () => {
    const list = 'x:\n- a\n- b\n';
    const base = await sealed(path, list, [alice]);
    const ours = await edited(path, base, alice, { text: 'x:\n- new\n- a\n- b\n' });
    const theirs = await edited(path, base, alice, { text: 'x:\n- a\n- b\n- new\n' });
    const { blob, conflict } = await merge(base, ours, theirs);
    expect(conflict).toBe(false);
    const tokens = lines(blob).filter((line) => line.startsWith('- '));
    expect(new Set(tokens).size).toBe(4);
  });

  it.skipIf(!hasSops)('decrypts with the real sops (needs sops)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'git-sops-merge-'));
    try {
      const base = await sealed(path, `${text}# a comment\nlist: [1, true]\n`, [alice]);
      const whole = Buffer.from((await opened(path, base, alice)).bytes).toString();
      const ours = await edited(path, base, alice, { text: whole.replace('admin', 'root'), people: [alice, bob] });
      const theirs = await edited(path, base, alice, { text: whole.replace('true', 'true, 1.50'), rotate: true });
      const merged = await merge(base, ours, theirs);
      expect(merged.conflict).toBe(false);
      writeFileSync(join(folder, path), merged.blob);
      for (const { keyText } of [alice, bob]) {
        const done = sops(['decrypt', join(folder, path)], { env: { SOPS_AGE_KEY: keyText } });
        expect(done.stderr).toBe('');
        expect(done.stdout.toString()).toContain('user: root');
        expect(done.stdout.toString()).toContain('- 1.5');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('recipients', () => {
  it('are those of both sides, less those that either took away', async () => {
    const base = await sealed(path, text, [alice, carol]);
    const ours = await edited(path, base, alice, { people: [alice, carol, bob], text: text.replace('admin', 'root') });
    const dave = person();
    const theirs = await edited(path, base, alice, { people: [alice, dave], text: text.replace('hunter2', 'x') });
    const { blob, conflict } = await merge(base, ours, theirs);
    expect(conflict).toBe(false);
    expect((await recipients(path, blob)).sort()).toEqual([alice, bob, dave].map((one) => one.recipient).sort());
    for (const one of [alice, bob, dave]) await opened(path, blob, one);
    await expect(opened(path, blob, carol)).rejects.toThrow('no key');
  });

  it('get the new data key where one side rotated it, also those whom the other side added', async () => {
    const base = await sealed(path, text, [alice]);
    const ours = await edited(path, base, alice, { rotate: true });
    const theirs = await edited(path, base, alice, { people: [alice, bob], text: text.replace('admin', 'root') });
    for (const { blob, conflict } of [await merge(base, ours, theirs), await merge(base, theirs, ours)]) {
      expect(conflict).toBe(false);
      const { dataKey } = await opened(path, blob, bob);
      expect(dataKey).toEqual((await opened(path, ours, alice)).dataKey);
    }
  });

  it('get a data key that nobody holds who was taken away, where both sides rotated', async () => {
    const base = await sealed(path, text, [alice, bob, carol]);
    const ours = await edited(path, base, alice, { people: [alice, bob], rotate: true });
    const theirs = await edited(path, base, alice, { people: [alice, carol], rotate: true });
    const { blob } = await merge(base, ours, theirs);
    expect(await recipients(path, blob)).toEqual([alice.recipient]);
    const { dataKey } = await opened(path, blob, alice);
    expect(dataKey).not.toEqual((await opened(path, ours, alice)).dataKey);
    expect(dataKey).not.toEqual((await opened(path, theirs, alice)).dataKey);
  });

  it('of both sides stay when a conflict is resolved by git add', async () => {
    const base = await sealed(path, text, [alice]);
    const ours = await edited(path, base, alice, { text: text.replace('hunter2', 'a') });
    const theirs = await edited(path, base, alice, { people: [alice, bob], text: text.replace('hunter2', 'b') });
    const blob = await cleanFile({
      path,
      content: Buffer.from(text.replace('hunter2', 'c')),
      bases: async function* () {
        yield ours;
      },
      others: async () => ({ base, theirs }),
      rule: async () => null,
      keyring: alice.keyring,
      backend: nodeBackend,
      now: at(9),
    });
    expect(await recipients(path, blob)).toEqual([alice.recipient, bob.recipient]);
    await opened(path, blob, bob);
  });
});

describe('selectors', () => {
  const only = (value: string) => ({ kind: 'encrypted_regex' as const, value });

  it('come from the side that changed its own', async () => {
    const base = await sealed(path, text, [alice], only('password'));
    const ours = await edited(path, base, alice, { metadata: { selector: only('password|user') } });
    const theirs = await edited(path, base, alice, { text: text.replace('postgres', 'mysql') });
    const { blob } = await merge(base, ours, theirs);
    expect(Buffer.from(blob).toString()).toMatch(/^user: ENC.*\npassword: ENC.*\nurl: mysql\n/);
  });

  it('that both changed: the one that protects what the other does, else a conflict that leaks nothing', async () => {
    const base = await sealed(path, text, [alice], only('password'));
    const wide = await edited(path, base, alice, { metadata: { selector: only('password|user|url') } });
    const narrow = await edited(path, base, alice, { metadata: { selector: only('password|user') } });
    const other = await edited(path, base, alice, {
      metadata: { selector: only('password|url') },
      text: `${text}url2: b\n`,
    });
    for (const pair of [await merge(base, wide, narrow), await merge(base, narrow, wide)]) {
      expect(Buffer.from(pair.blob).toString()).toMatch(/\nurl: ENC/);
    }
    const fight = await merge(base, narrow, other);
    expect(fight).toMatchObject({ conflict: true, why: { code: 'unmergeable-metadata' } });
    expect(Buffer.from(fight.blob)).toEqual(narrow);
  });
});

describe('P1, P5: what never becomes a merge', () => {
  it('is a conflict in the clear: it is sealed, opens to markers, and is refused by clean and judge', async () => {
    const base = await sealed(path, text, [alice]);
    const ours = await edited(path, base, alice, { text: text.replace('hunter2', 'hunter3') });
    const theirs = await edited(path, base, alice, { text: text.replace('hunter2', 'hunter4'), people: [alice, bob] });
    const { blob, conflict } = await merge(base, ours, theirs);
    expect(conflict).toBe(true);
    expect(Buffer.from(blob).toString()).not.toMatch(/hunter|admin|postgres/);
    for (const one of [alice, bob]) {
      const smudged = await smudgeFile(path, blob, one.keyring, nodeBackend);
      expect(Buffer.from(smudged.bytes).toString()).toBe(
        'user: admin\n<<<<<<< ours\npassword: hunter3\n=======\npassword: hunter4\n>>>>>>> theirs\nurl: postgres\n',
      );
    }
    const clean = (content: Uint8Array, bases: Uint8Array[]) =>
      cleanFile({
        path,
        content,
        bases: async function* () {
          yield* bases;
        },
        rule: async () => ruleFor([alice]),
        keyring: alice.keyring,
        backend: nodeBackend,
        now: at(9),
      });
    await expect(clean(blob, [ours])).rejects.toMatchObject({ code: 'conflict-markers' });
    const { bytes } = await smudgeFile(path, blob, alice.keyring, nodeBackend);
    await expect(clean(bytes, [ours])).rejects.toMatchObject({ code: 'conflict-markers' });
    await expect(clean(bytes, [blob])).rejects.toMatchObject({ code: 'conflict-markers' });
    const findings = await judge({ path, content: blob, rule: null, keyring: nobody, backend: nodeBackend });
    expect(findings).toMatchObject([{ kind: 'unresolved-conflict' }]);
  });

  it('is a version that does not verify: ours stays, and it is said whose is broken', async () => {
    const base = await sealed(path, text, [alice]);
    const ours = await edited(path, base, alice, { text: text.replace('admin', 'root') });
    const theirs = await edited(path, base, alice, { text: text.replace('hunter2', 'x') });
    // Two ciphertexts change places: each tag fails.
    const [first, second, ...rest] = lines(theirs).map((line) => line.split(': '));
    const swapped = [
      `${first?.[0]}: ${second?.[1]}`,
      `${second?.[0]}: ${first?.[1]}`,
      ...rest.map((l) => l.join(': ')),
    ];
    const broken = Buffer.from(swapped.join('\n'));
    const one = await merge(base, ours, broken);
    expect(one).toMatchObject({ conflict: true, side: 'theirs', why: { code: 'broken-tag' }, plaintext: null });
    expect(Buffer.from(one.blob)).toEqual(ours);
    expect(await merge(base, broken, ours)).toMatchObject({
      conflict: true,
      side: 'ours',
      why: { code: 'broken-tag' },
    });
    // A value that is gone: the MAC fails.
    const cut = Buffer.from(lines(theirs).slice(1).join('\n'));
    expect(await merge(base, ours, cut)).toMatchObject({ conflict: true, why: { code: 'broken-mac' } });
  });

  it('is a base that does not verify: then every difference is a conflict', async () => {
    const base = await sealed(path, text, [alice]);
    const ours = await edited(path, base, alice, { text: text.replace('admin', 'root') });
    const theirs = await edited(path, base, alice, { text: text.replace('hunter2', 'x') });
    const { conflict, plaintext, why, lostBase } = await merge(
      Buffer.from(lines(base).slice(1).join('\n')),
      ours,
      theirs,
    );
    expect({ conflict, why, lost: lostBase?.code }).toEqual({ conflict: true, why: null, lost: 'broken-mac' });
    expect(Buffer.from(plaintext ?? []).toString()).toMatch(/^<<<<<<< ours\nuser: root\n[\s\S]*>>>>>>> theirs\nurl/);
  });

  it('is a base from before one was a recipient, under the same data key: that opens', async () => {
    const base = await sealed(path, text, [bob]);
    const ours = await edited(path, base, bob, { people: [bob, alice], text: text.replace('admin', 'root') });
    const theirs = await edited(path, ours, bob, { text: text.replace('hunter2', 'x') });
    const { conflict, blob } = await merge(base, ours, theirs);
    expect(conflict).toBe(false);
    expect(Buffer.from((await opened(path, blob, alice)).bytes).toString()).toBe(
      text.replace('admin', 'root').replace('hunter2', 'x'),
    );
  });
});

describe('P6: without a key', () => {
  const selector = { kind: 'encrypted_regex' as const, value: 'password|user' };
  const unlocked = '# about\nuser: admin\npassword: hunter2\nurl: postgres\n';

  it('merges what is proven: one side’s values with the other’s layout and recipients', async () => {
    const base = await sealed(path, unlocked, [alice], selector);
    const ours = await edited(path, base, alice, { people: [alice, bob], text: unlocked.replace('# about', '# more') });
    const theirs = await edited(path, base, alice, {
      text: unlocked.replace('hunter2', 'x').replace('postgres', 'mysql'),
    });
    for (const pair of [
      await merge(base, ours, theirs, { keyring: nobody }),
      await merge(base, theirs, ours, { keyring: nobody }),
    ]) {
      expect(pair).toMatchObject({ conflict: false, why: null });
      const { bytes } = await opened(path, pair.blob, bob);
      expect(Buffer.from(bytes).toString()).toBe('# more\nuser: admin\npassword: x\nurl: mysql\n');
    }
  });

  it('says that a key is needed where both sides changed values, and leaves ours', async () => {
    const base = await sealed(path, unlocked, [alice], selector);
    const ours = await edited(path, base, alice, { text: unlocked.replace('admin', 'root') });
    const theirs = await edited(path, base, alice, { text: unlocked.replace('hunter2', 'x') });
    const { blob, ...rest } = await merge(base, ours, theirs, { keyring: nobody });
    expect(rest).toMatchObject({ conflict: true, why: { code: 'no-identity' }, plaintext: null });
    expect(Buffer.from(blob)).toEqual(ours);
    // Between common ancestors nobody is asked anything.
    const virtual = await merge(base, ours, theirs, { keyring: nobody, onConflict: 'base' });
    expect(Buffer.from(virtual.blob)).toEqual(base);
  });
});

describe('versions from before a path was encrypted', () => {
  const changed = text.replace('admin', 'root');

  it('come out encrypted where one side is, or where a rule covers the path', async () => {
    const ours = await sealed(path, text.replace('hunter2', 'x'), [alice]);
    const half = await merge(Buffer.from(text), ours, Buffer.from(changed));
    expect(half.conflict).toBe(false);
    expect(Buffer.from((await opened(path, half.blob, alice)).bytes).toString()).toBe(changed.replace('hunter2', 'x'));
    const none = await merge(Buffer.from(text), Buffer.from(text.replace('hunter2', 'x')), Buffer.from(changed), {
      rule: async () => ruleFor([alice]),
    });
    expect(Buffer.from(none.blob).toString()).not.toContain('root');
    await opened(path, none.blob, alice);
  });

  it('stay plaintext where nothing asks for more, and for rerere, which merges files with markers', async () => {
    const plain = await merge(Buffer.from(text), Buffer.from(text.replace('hunter2', 'x')), Buffer.from(changed));
    expect(Buffer.from(plain.blob).toString()).toBe(changed.replace('hunter2', 'x'));
    const marked = '<<<<<<< a\nuser: a\n=======\nuser: b\n>>>>>>> b\nurl: x\n';
    const again = await merge(Buffer.from(marked), Buffer.from(marked), Buffer.from('user: c\nurl: x\n'), {
      rule: async () => ruleFor([alice]),
    });
    expect(Buffer.from(again.blob).toString()).toBe('user: c\nurl: x\n');
  });
});

describe('a file whose ending changed', () => {
  it('merges by lines into the format of its new name', async () => {
    const base = await sealed('a.env', 'A=1\nB=2\n', [alice]);
    const ours = await edited('a.env', base, alice, { text: 'A=1\nB=3\n' });
    const theirs = await sealed('a.txt', 'A=4\nB=2\n', [alice]);
    const { blob, conflict } = await merge(base, ours, theirs, { path: 'a.txt' });
    expect(conflict).toBe(true);
    expect((await readSopsFile('a.txt', blob))?.format.name).toBe('binary');
    expect(Buffer.from((await smudgeFile('a.txt', blob, alice.keyring, nodeBackend)).bytes).toString()).toMatch(
      /A=4[\s\S]*B=3|B=3[\s\S]*A=4/,
    );
  });
});
