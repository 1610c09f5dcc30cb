import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePlaintext, type OnConflict } from '../../../src/document/merge/merge-plaintext.ts';
import type { FormatName } from '../../../src/format/format.ts';

const style = async () => ({ size: 7, ours: 'ours', theirs: 'theirs', base: 'base' });

async function merge(format: FormatName, base: string, ours: string, theirs: string, onConflict: OnConflict = style) {
  const [o, a, b] = [base, ours, theirs].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const merged = await mergePlaintext(format, { base: o, ours: a, theirs: b }, onConflict);
  return { text: Buffer.from(merged?.bytes ?? []).toString(), conflict: merged?.conflict };
}

/** Sections whose text says the same as a line of dotenv. */
const asIni = (text: string) => text.replace(/^(\w)=(.*)$/gm, '[$1]\nkey = $2');
const writers = { dotenv: (text: string) => text, ini: asIni } as const;

describe.each(['dotenv', 'ini'] as const)('a key that stands more than once in %s', (format) => {
  const write = writers[format];
  const merged = (base: string, ours: string, theirs: string, onConflict?: OnConflict) =>
    merge(format, write(base), write(ours), write(theirs), onConflict);
  const three = 'A=1\nX=0\nA=2\nY=0\nA=3\n';

  it('is in conflict as a whole where both sides took one away: none comes back unseen', async () => {
    const [ours, theirs] = ['X=0\nA=2\nY=0\nA=3\n', 'A=1\nX=0\nA=2\nY=0\n'];
    const { conflict, text } = await merged(three, ours, theirs);
    expect(conflict).toBe(true);
    const [, shownOurs = '', shownBase = '', shownTheirs = ''] =
      /<<<<<<< ours\n([\s\S]*)\|\|\|\|\|\|\| base\n([\s\S]*)=======\n([\s\S]*)>>>>>>> theirs\n/.exec(text) ?? [];
    const values = (shown: string) => shown.match(/[123]/g)?.join('');
    expect([values(shownOurs), values(shownBase), values(shownTheirs)]).toEqual(['23', '123', '12']);
    const virtual = await merged(three, ours, theirs, 'base');
    expect([virtual.conflict, virtual.text.match(/[123]/g)?.join('')]).toEqual([true, '123']);
    expect((await merged(three, 'X=0\nY=0\nA=3\n', 'A=1\nX=0\nY=0\nA=3\n')).conflict).toBe(true);
    expect((await merged('A=1\nX=0\nA=2\n', 'X=0\nA=2\n', 'A=1\nX=0\n')).conflict).toBe(true);
  });

  it('merges where one side changed it, or both alike, or each another one of it', async () => {
    const ours = 'X=0\nA=2\nY=0\nA=3\n';
    const theirs = three.replace('Y=0', 'Y=9');
    expect(await merged(three, ours, theirs)).toEqual({ conflict: false, text: write('X=0\nA=2\nY=9\nA=3\n') });
    expect(await merged(three, theirs, ours)).toEqual({ conflict: false, text: write('X=0\nA=2\nY=9\nA=3\n') });
    const alike = ours.replace('X=0', 'X=8');
    expect(await merged(three, alike, ours)).toEqual({ conflict: false, text: write(alike) });
    const [first, last] = [three.replace('A=1', 'A=7'), three.replace('A=3', 'A=8')];
    expect(await merged(three, first, last)).toEqual({ conflict: false, text: write(first.replace('A=3', 'A=8')) });
    expect(await merged(three, `${three}A=4\n`, first)).toEqual({ conflict: false, text: write(`${first}A=4\n`) });
  });

  it('never keeps a value that a side took away and the other did not touch, nor loses a new one, without a conflict', async () => {
    const values = fc.array(fc.constantFrom('1', '2', '3', '4', '5', '6'), { maxLength: 4 });
    const text = (list: readonly string[]) => write(list.map((value, i) => `${'WXYZ'[i]}=0\nA=${value}\n`).join(''));
    const count = (list: readonly string[], value: string) => list.filter((one) => one === value).length;
    await fc.assert(
      fc.asyncProperty(values, values, values, async (base, ours, theirs) => {
        const result = await merge(format, text(base), text(ours), text(theirs));
        if (result.conflict) return;
        const left = result.text.match(/(?<==\s?)[1-6]/g) ?? [];
        for (const value of ['1', '2', '3', '4', '5', '6']) {
          const [o, a, b, m] = [base, ours, theirs, left].map((list) => count(list, value)) as [
            number,
            number,
            number,
            number,
          ];
          if (a === o && b < o) expect(m, `${value} was taken away by theirs`).toBe(b);
          if (b === o && a < o) expect(m, `${value} was taken away by ours`).toBe(a);
          if (Math.min(a, b) >= o) expect(m, `${value} is new`).toBeGreaterThanOrEqual(Math.max(a, b));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
