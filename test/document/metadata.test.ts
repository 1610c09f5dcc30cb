import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { formatLastModified, isMetadata, macAad, parseMetadata, writeMetadata } from '../../src/document/metadata.ts';
import type { MetadataTree } from '../../src/format/format.ts';
import { ageKeygen, hasAge, hasSops, sops } from '../sops.ts';

const mac = 'ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]';
const minimal: MetadataTree = {
  age: [{ enc: 'E', recipient: 'age1x' }],
  lastmodified: '2026-01-02T03:04:05Z',
  mac,
  unencrypted_suffix: '_unencrypted',
  version: '3.13.2',
};

const codeOf = (tree: MetadataTree): string | null => {
  try {
    parseMetadata(tree);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const without = (...entries: string[]): MetadataTree =>
  Object.fromEntries(Object.entries(minimal).filter(([entry]) => !entries.includes(entry)));

describe('metadata', () => {
  it('reads what there is', () => {
    expect(parseMetadata(minimal)).toEqual({
      version: '3.13.2',
      mac,
      lastModified: '2026-01-02T03:04:05Z',
      selector: { kind: 'unencrypted_suffix', value: '_unencrypted' },
      selectorGiven: true,
      macOnlyEncrypted: false,
      keyGroups: [[{ kind: 'age', recipient: 'age1x', enc: 'E' }]],
      shamirThreshold: 0,
      layout: null,
      other: {},
    });
  });

  it('takes sops default where no selector is given, and writes none then', () => {
    const tree = without('unencrypted_suffix');
    const metadata = parseMetadata(tree);
    expect(metadata.selector).toEqual({ kind: 'unencrypted_suffix', value: '_unencrypted' });
    expect(writeMetadata(metadata)).toEqual(tree);
  });

  it('reads weakly typed entries as sops does: flat formats have nothing but text', () => {
    const read = (entries: MetadataTree) => parseMetadata({ ...minimal, ...entries });
    for (const yes of [true, 1, '1', 't', 'T', 'TRUE', 'true', 'True']) {
      expect([yes, read({ mac_only_encrypted: yes }).macOnlyEncrypted]).toEqual([yes, true]);
    }
    for (const no of [false, 0, '', '0', 'f', 'false', 'False']) {
      expect([no, read({ mac_only_encrypted: no }).macOnlyEncrypted]).toEqual([no, false]);
    }
    for (const two of [2, '2']) expect(read({ shamir_threshold: two }).shamirThreshold).toBe(2);
    expect(read({ shamir_threshold: '' }).shamirThreshold).toBe(0);
  });

  it.each([
    ['no version', without('version'), 'missing-version'],
    ['an empty version', { ...minimal, version: '' }, 'missing-version'],
    ['a later version', { ...minimal, version: '4.0.0' }, 'future-version'],
    ['a much later version', { ...minimal, version: '12.1' }, 'future-version'],
    ['no MAC', without('mac'), 'missing-mac'],
    ['a MAC in the clear', { ...minimal, mac: 'ABCDEF' }, 'missing-mac'],
    ['no time', without('lastmodified'), 'bad-lastmodified'],
    ['a time of no kind', { ...minimal, lastmodified: 'yesterday' }, 'bad-lastmodified'],
    ['a day that is none', { ...minimal, lastmodified: '2026-02-30T00:00:00Z' }, 'bad-lastmodified'],
    ['two selectors', { ...minimal, encrypted_regex: 'a' }, 'two-selectors'],
    ['no keys', without('age'), 'no-keys'],
    ['an empty list of keys', { ...minimal, age: [] }, 'no-keys'],
    ['an empty key group', { ...without('age'), key_groups: [{ age: [] }, minimal] }, 'no-keys'],
    ['a threshold that is no number', { ...minimal, shamir_threshold: 'two' }, 'invalid-shamir-threshold'],
  ])('refuses %s', (_name, tree, code) => {
    expect(codeOf(tree)).toBe(code);
  });

  it.each(['3.13.2', '3.7.3', '2.0.9', '1.17', '3.14.0-rc.1'])('reads what sops %s wrote', (version) => {
    expect(codeOf({ ...minimal, version })).toBeNull();
  });

  it('an empty selector is none, as in sops', () => {
    expect(codeOf({ ...minimal, encrypted_regex: '', unencrypted_suffix: '_x' })).toBeNull();
  });

  it('a mapping that somebody made up is no metadata', () => {
    expect(isMetadata(minimal)).toBe(true);
    for (const entry of ['mac', 'lastmodified', 'age']) expect(isMetadata(without(entry))).toBe(false);
    for (const tree of [
      {},
      { url: 'https://getsops.io' },
      { ...minimal, mac: 'x' },
      { ...minimal, mac: { data: mac } },
      { ...minimal, age: 'age1x' },
      { ...minimal, age: [] },
      { ...without('age'), key_groups: [] },
    ]) {
      expect([tree, isMetadata(tree)]).toEqual([tree, false]);
    }
  });

  it('keeps foreign keys and unknown entries as they are', () => {
    const kms = [{ arn: 'arn:aws:kms:x', aws_profile: '', context: { a: 'b' }, created_at: 'T', enc: 'K', role: 'r' }];
    const pgp = [{ created_at: 'T', enc: 'P', fp: 'F', later: [1, { deep: true }] }];
    const tree = { ...minimal, future: { a: [1, 'x'] }, git_sops_layout: mac, kms, pgp };
    const metadata = parseMetadata(tree);
    expect(metadata.layout).toBe(mac);
    expect(metadata.keyGroups.map((group) => group.map(({ kind }) => kind))).toEqual([['kms', 'pgp', 'age']]);
    expect(writeMetadata(metadata)).toEqual(tree);
  });

  it('says again what it read, for whatever combination', () => {
    const key = fc.record({ enc: fc.string(), recipient: fc.string() });
    const group = fc.record({ age: fc.array(key, { minLength: 1, maxLength: 3 }), hc_vault: fc.constant([]) });
    const keys = fc.oneof(
      fc.record({ age: fc.array(key, { minLength: 1, maxLength: 3 }) }),
      fc.record({
        key_groups: fc.array(group, { minLength: 2, maxLength: 3 }),
        shamir_threshold: fc.integer({ min: 1, max: 3 }),
      }),
    );
    const selector = fc.constantFrom(
      {},
      ...['un', ''].flatMap((un) =>
        ['suffix', 'regex', 'comment_regex'].map((kind) => ({ [`${un}encrypted_${kind}`]: 'x' })),
      ),
    );
    const switches = fc.constantFrom({}, { mac_only_encrypted: true }, { git_sops_layout: mac }, { unknown: [1] });
    fc.assert(
      fc.property(keys, selector, switches, (keys, selector, switches) => {
        const tree = { ...without('age', 'unencrypted_suffix'), ...keys, ...selector, ...switches };
        const written = writeMetadata(parseMetadata(tree));
        expect(written).toEqual(tree);
        expect(Object.keys(written)).toEqual(Object.keys(tree).sort());
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

describe('the time of the last change', () => {
  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05+00:00', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05-00:00', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T03:04:05+02:00'],
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05,6-07:30', '2026-01-02T03:04:05-07:30'],
  ])('%s is the MAC’s %s', (text, aad) => {
    expect(macAad(text)).toBe(aad);
  });

  it('is written in whole seconds of UTC', () => {
    expect(formatLastModified(new Date('2026-01-02T03:04:05.999+01:00'))).toBe('2026-01-02T02:04:05Z');
  });
});

describe.skipIf(!hasSops || !hasAge)('metadata of the real sops (needs sops)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'git-sops-metadata-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  // Throw-away keys, made for this test.
  const [ada, bob] = ['ada', 'bob'].map((name) => {
    const made = ageKeygen(['-o', join(folder, name)]);
    return /age1\w+/.exec(made.stderr)?.[0] ?? '';
  });

  /** A JSON file's `sops`, in the order of the file. */
  function made(rule: string): MetadataTree {
    writeFileSync(join(folder, '.sops.yaml'), `creation_rules:\n  - ${rule.replaceAll('\n', '\n    ')}\n`);
    writeFileSync(join(folder, 'x.json'), '{"a": 1}\n');
    const done = sops(['encrypt', 'x.json'], { cwd: folder });
    expect(done.stderr).toBe('');
    return JSON.parse(done.stdout.toString()).sops;
  }

  it.each([
    ['one recipient', `age: ${ada}`],
    ['two recipients', `age: ${ada},${bob}`],
    ['a regex and its MAC', `age: ${ada}\nencrypted_regex: a\nmac_only_encrypted: true`],
    ['a comment regex', `age: ${ada}\nunencrypted_comment_regex: a`],
    ['key groups', `key_groups:\n  - age: [${ada}]\n  - age: [${bob}]\nshamir_threshold: 2`],
    ['key groups without a threshold', `key_groups:\n  - age: [${ada}]\n  - age: [${bob}]`],
  ])('is written with the same entries in the same order: %s', (_name, rule) => {
    const tree = made(rule);
    expect(isMetadata(tree)).toBe(true);
    // As text, since the order counts, within the keys too.
    expect(JSON.stringify(writeMetadata(parseMetadata(tree)))).toBe(JSON.stringify(tree));
  });
});
