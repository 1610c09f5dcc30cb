import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePlaintext } from '../../../src/document/merge/merge-plaintext.ts';
import type { FormatName } from '../../../src/format/format.ts';
import type { Outline } from '../../../src/format/outline.ts';
import { treeOf } from '../../../src/format/outline.ts';
import { loadOutliner } from '../../../src/format/outlines.ts';
import type { Tree } from '../../../src/tree/merge/tree.ts';
import { yamlFiles } from '../../format/generate-yaml.ts';
import { runs } from '../../format/runs.ts';
import { depthOf, edits, iniModel, type Model, meaning, modelOf, type Work, worked, write } from './model.ts';
import { replaced, valueEntries } from './wild.ts';

const style = async () => ({ size: 7, ours: 'ours', theirs: 'theirs', base: null });

async function merge(format: FormatName, base: string | null, ours: string, theirs: string) {
  const versions = {
    base: base === null ? null : Buffer.from(base),
    ours: Buffer.from(ours),
    theirs: Buffer.from(theirs),
  };
  const merged = await mergePlaintext(format, versions, style);
  if (merged === null) throw new Error('nothing');
  return { text: Buffer.from(merged.bytes).toString(), conflict: merged.conflict };
}

async function outlineOf(format: FormatName, text: string): Promise<Outline> {
  const outliner = await loadOutliner(format);
  if (outliner === null) throw new Error('no outline');
  return outliner(text);
}

function said(tree: Tree): unknown {
  if (tree.kind === 'leaf') return tree.meaning.replace(/^str /, '');
  if (tree.kind === 'list') return tree.entries.map((entry) => said(entry.tree));
  const entries = tree.entries.map((entry) => [entry.key, said(entry.tree)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function sayingOf(format: FormatName, text: string): Promise<unknown> {
  const tree = said(treeOf((await outlineOf(format, text)).root.node));
  return format === 'yaml' ? (tree as unknown[])[0] : tree;
}

const formats = ['yaml', 'json', 'ini', 'dotenv'] as const;

describe.each(formats)('work on different keys of a %s file', (format) => {
  const models: fc.Arbitrary<Model> = format === 'ini' ? iniModel() : modelOf(depthOf[format] ?? 0);

  it('merges clean, whoever is ours, to what both wrote', async () => {
    await fc.assert(
      fc.asyncProperty(
        models,
        edits,
        edits,
        fc.boolean(),
        fc.constantFrom(2, 4),
        async (model, a, b, reversed, indent) => {
          const ours: Work = { side: 'ours', edits: a, reversed };
          const theirs: Work = { side: 'theirs', edits: b, reversed: false };
          const texts = [
            write(model, format),
            write(worked(model, [ours]), format),
            // The other side may have another indentation.
            write(worked(model, [theirs]), format, indent),
          ] as const;
          // A container that one side empties and the other changes is the one thing that they could fight about.
          const expected = worked(model, [ours, theirs]);
          const one = await merge(format, ...texts);
          const other = await merge(format, texts[0], texts[2], texts[1]);
          expect(one).toMatchObject({ conflict: false });
          expect(await sayingOf(format, one.text)).toEqual(meaning(expected));
          expect(other).toMatchObject({ conflict: false });
          expect(await sayingOf(format, other.text)).toEqual(meaning(expected));
        },
      ),
      runs(60),
    );
  });

  it('takes the one side that changed, byte for byte, and the same change on both sides', async () => {
    await fc.assert(
      fc.asyncProperty(models, edits, async (model, a) => {
        const base = write(model, format);
        const changed = write(worked(model, [{ side: 'ours', edits: a, reversed: true }]), format, 3);
        expect(await merge(format, base, changed, base)).toEqual({ text: changed, conflict: false });
        expect(await merge(format, base, base, changed)).toEqual({ text: changed, conflict: false });
        expect(await merge(format, base, changed, changed)).toEqual({ text: changed, conflict: false });
      }),
      runs(30),
    );
  });
});

describe('YAML files of every style', () => {
  it('merge two changed values in place, whatever stands around them', async () => {
    let merged = 0;
    await fc.assert(
      fc.asyncProperty(yamlFiles, fc.nat(), fc.nat(), async (file, first, second) => {
        const base = file.replace(/^\ufeff/, '');
        let outline: Outline;
        try {
          outline = await outlineOf('yaml', base);
        } catch {
          return;
        }
        const values = valueEntries(outline);
        const [x, y] = [values[first % values.length]?.entry, values[second % values.length]?.entry];
        if (x === undefined || y === undefined || x === y) return;
        const ours = replaced(base, [[x, 'zzours']]);
        const theirs = replaced(base, [[y, 'zztheirs']]);
        const both = replaced(base, [[x, 'zzours'], [y, 'zztheirs']]); // biome-ignore format: one line
        try {
          for (const text of [ours, theirs, both]) await outlineOf('yaml', text);
        } catch {
          return;
        }
        merged++;
        expect(await merge('yaml', base, ours, theirs)).toEqual({ text: both, conflict: false });
      }),
      runs(250),
    );
    expect(merged).toBeGreaterThan(50);
  });
});

describe('what people do', () => {
  const base = 'a: 1\n# about b\nb: 2 # beside\nlist:\n  - one\n  - two\nc: 3\n';

  it('moves on one side and edits on the other', async () => {
    const ours = 'c: 3\nlist:\n  - one\n  - two\n# about b\nb: 2 # beside\na: 1\n';
    const theirs = base.replace('b: 2', 'b: 20').replace('- two', '- two\n  - three');
    const { text, conflict } = await merge('yaml', base, ours, theirs);
    expect(conflict).toBe(false);
    expect(text).toBe(ours.replace('b: 2', 'b: 20').replace('- two', '- two\n  - three'));
  });

  it('changes comments on both sides', async () => {
    const ours = base.replace('# about b', '# about b, more');
    const theirs = base.replace('# beside', '# beside it');
    expect(await merge('yaml', base, ours, theirs)).toEqual({
      text: base.replace('# about b', '# about b, more').replace('# beside', '# beside it'),
      conflict: false,
    });
  });

  it('changes one comment to two things: a conflict of that line', async () => {
    const { text, conflict } = await merge(
      'yaml',
      base,
      base.replace('about', 'ours'),
      base.replace('about', 'theirs'),
    );
    expect(conflict).toBe(true);
    expect(text).toBe(base.replace('# about b\n', '<<<<<<< ours\n# ours b\n=======\n# theirs b\n>>>>>>> theirs\n'));
  });

  it('retypes on one side, and to two types on both', async () => {
    const mapping = base.replace('b: 2 # beside', 'b:\n  x: 2');
    expect(await merge('yaml', base, base.replace('a: 1', 'a: "1"'), mapping)).toEqual({
      text: mapping.replace('a: 1', 'a: "1"'),
      conflict: false,
    });
    const { text, conflict } = await merge('yaml', base, base.replace('b: 2', 'b: true'), mapping);
    expect(conflict).toBe(true);
    expect(text).toContain('<<<<<<< ours\nb: true # beside\n=======\nb:\n  x: 2\n>>>>>>> theirs\nlist:');
  });

  it('takes another spelling of the same value for no change', async () => {
    const ours = base.replace('a: 1', 'a: 0x1');
    const theirs = base.replace('a: 1', 'a: 5');
    expect(await merge('yaml', base, ours, theirs)).toEqual({ text: theirs, conflict: false });
  });

  it('removes on one side what the other changed: a conflict', async () => {
    const { text, conflict } = await merge('yaml', base, base.replace('a: 1\n', ''), base.replace('a: 1', 'a: 9'));
    expect(conflict).toBe(true);
    expect(text.startsWith('<<<<<<< ours\n=======\na: 9\n>>>>>>> theirs\n# about b\n')).toBe(true);
  });

  it('adds a file on both sides', async () => {
    expect(await merge('yaml', null, 'a: 1\nb: 1\n', 'a: 1\nc: 1\n')).toEqual({
      text: 'a: 1\nb: 1\nc: 1\n',
      conflict: false,
    });
    expect((await merge('yaml', null, 'a: 1\nb: 1\n', 'a: 1\nb: 2\n')).text).toBe(
      'a: 1\n<<<<<<< ours\nb: 1\n=======\nb: 2\n>>>>>>> theirs\n',
    );
  });

  it('edits documents of one file', async () => {
    const docs = 'kind: A\nmetadata:\n  name: x\nv: 1\n---\nkind: A\nmetadata:\n  name: y\nv: 1\n';
    const ours = docs.replace('name: x\nv: 1', 'name: x\nv: 2');
    const theirs = docs
      .replace('---\n', '---\nkind: A\nmetadata:\n  name: z\nv: 1\n---\n')
      .replace('y\nv: 1', 'y\nv: 3');
    expect(await merge('yaml', docs, ours, theirs)).toEqual({
      text: theirs.replace('name: x\nv: 1', 'name: x\nv: 2'),
      conflict: false,
    });
  });

  it('changes what an anchor holds on both sides, and what follows from that', async () => {
    const anchored = 'base: &b\n  x: 1\n  y: 2\nuse: *b\n';
    const ours = anchored.replace('x: 1', 'x: 5');
    const theirs = anchored.replace('y: 2', 'y: 6');
    expect(await merge('yaml', anchored, ours, theirs)).toEqual({
      text: ours.replace('y: 2', 'y: 6'),
      conflict: false,
    });
    // A new use of what the other side changed: somebody must say whether it is meant.
    expect((await merge('yaml', anchored, ours, `${theirs}more: *b\n`)).conflict).toBe(true);
  });

  it('renames an anchor while the other uses it: never a file that says something else', async () => {
    const anchored = 'base: &b 1\nuse: *b\n';
    const { conflict } = await merge('yaml', anchored, 'base: &c 1\nuse: *c\n', `${anchored}more: *b\n`);
    expect(conflict).toBe(true);
  });

  it('keeps commas right in JSON, whatever goes', async () => {
    const json = '{\n  "a": 1,\n  "b": 2,\n  "c": [1, 2]\n}\n';
    const { text, conflict } = await merge(
      'json',
      json,
      '{\n  "b": 2,\n  "c": [1, 2, 3]\n}\n',
      '{\n  "a": 1,\n  "c": [0, 1, 2],\n  "d": {"x": 1}\n}\n',
    );
    expect({ text, conflict }).toEqual({ text: '{\n  "c": [0, 1, 2, 3],\n  "d": {"x": 1}\n}\n', conflict: false });
  });

  it('keeps line ends, and takes new ones from the side that changed them', async () => {
    const crlf = base.replaceAll('\n', '\r\n');
    expect(await merge('yaml', base, crlf, base.replace('c: 3', 'c: 4'))).toEqual({
      text: crlf.replace('c: 3', 'c: 4'),
      conflict: false,
    });
    const open = base.slice(0, -1);
    expect(await merge('yaml', base, open, base.replace('a: 1', 'a: 4'))).toEqual({
      text: open.replace('a: 1', 'a: 4'),
      conflict: false,
    });
  });

  it('shows the common ancestor where that is asked for, with longer markers where Git asks', async () => {
    const versions = [base, base.replace('a: 1', 'a: 2'), base.replace('a: 1', 'a: 3')].map((text) =>
      Buffer.from(text),
    );
    const merged = await mergePlaintext(
      'yaml',
      { base: versions[0] as Buffer, ours: versions[1] as Buffer, theirs: versions[2] as Buffer },
      async () => ({ size: 9, ours: 'HEAD', theirs: 'topic', base: 'base' }),
    );
    expect(Buffer.from(merged?.bytes ?? []).toString()).toMatch(
      /^<{9} HEAD\na: 2\n\|{9} base\na: 1\n={9}\na: 3\n>{9} topic\n# about/,
    );
  });

  it('leaves bytes that are no text alone, and merges text by lines', async () => {
    const bytes = (last: number) => Buffer.from([0, 1, 2, last]);
    expect(await mergePlaintext('binary', { base: bytes(3), ours: bytes(4), theirs: bytes(5) }, style)).toEqual({
      bytes: bytes(4),
      conflict: true,
    });
    expect(await merge('binary', '1\n2\n3\n', '0\n1\n2\n3\n', '1\n2\n3\n4\n')).toEqual({
      text: '0\n1\n2\n3\n4\n',
      conflict: false,
    });
  });

  it('gives back the common ancestor for a conflict between common ancestors, and is clean elsewhere', async () => {
    const versions = {
      base: Buffer.from(base),
      ours: Buffer.from(base.replace('a: 1', 'a: 2').replace('c: 3', 'c: 4')),
      theirs: Buffer.from(base.replace('a: 1', 'a: 3')),
    };
    const merged = await mergePlaintext('yaml', versions, 'base');
    expect(Buffer.from(merged?.bytes ?? []).toString()).toBe(base.replace('c: 3', 'c: 4'));
  });
});
