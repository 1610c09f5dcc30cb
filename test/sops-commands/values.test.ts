import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hasSops } from '../sops.ts';
import { Lab, me } from './lab.ts';

let lab: Lab;
beforeAll(() => {
  if (hasSops) lab = new Lab();
});
afterAll(() => lab?.remove());

/** What is compared beside the exit code. */
type Compared = 'bytes' | 'json' | 'yaml' | 'nothing';
type Case = [code: number, args: string, compared?: Compared | undefined, input?: string | undefined];

/** Arguments at blanks; quotes of a shell keep them together. `R` is the reader's recipient. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) =>
    quoted !== undefined ? quoted : bare === 'R' ? me.recipient : (bare ?? ''),
  );
}

function same([code, line, compared = 'nothing', input]: Case): void {
  const args = words(line);
  const options = input === undefined ? {} : { input };
  const [theirs, own] = [lab.sops(args, options), lab.ours(args, options)];
  expect(theirs.code, theirs.stderr).toBe(code);
  expect(own.code, own.stderr).toBe(code);
  if (compared === 'bytes') expect(own.stdout.toString()).toBe(theirs.stdout.toString());
  if (compared === 'json') expect(JSON.parse(own.stdout.toString())).toEqual(JSON.parse(theirs.stdout.toString()));
  if (compared === 'yaml') expect(parse(own.stdout.toString())).toEqual(parse(theirs.stdout.toString()));
  // A refusal says what is wrong, and never in the name of an error inside.
  if (code !== 0) expect(own.stderr).toMatch(/^git-sops: (?!internal)/m);
}

describe.skipIf(!hasSops)('decrypt does and ends as sops does (needs sops)', () => {
  it.each<Case>([
    [0, 'decrypt e.json', 'json'],
    [0, 'decrypt e.env', 'bytes'],
    [0, 'decrypt e.bin', 'bytes'],
    [0, 'decrypt --output-type json e.yaml', 'json'],
    [0, 'decrypt --output-type json e.ini', 'json'],
    [0, 'decrypt --output-type json e.env', 'json'],
    [0, 'decrypt --output-type yaml e.env', 'bytes'],
    [0, 'decrypt --output-type yaml e.json', 'bytes'],
    [0, 'decrypt --output-type dotenv eflat.yaml', 'bytes'],
    [4, 'decrypt --output-type dotenv e.yaml'],
    [4, 'decrypt --output-type ini e.yaml'],
    [4, 'decrypt --output-type binary e.yaml'],
    [0, `decrypt --extract '["a"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["n"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["f"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["t"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["z"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["d"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["list"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["list"][1]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["list"][1]["y"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["m"]' e.yaml`, 'yaml'],
    [0, `decrypt --extract '["m"]["multi"]' e.yaml`, 'bytes'],
    [0, `decrypt --extract '["m"]' --output-type json e.yaml`, 'bytes'],
    [0, `decrypt --extract '["m"]' --output-type dotenv e.yaml`, 'bytes'],
    [0, `decrypt --extract '["list"]' --output-type json e.yaml`, 'bytes'],
    [0, `decrypt --extract '["n"]' --output-type ini e.yaml`, 'bytes'],
    [4, `decrypt --extract '["n"]' --output-type dotenv e.yaml`],
    [0, `decrypt --extract '["l"][1]["x"]' e.json`, 'bytes'],
    [0, `decrypt --extract '["A"]' e.env`, 'bytes'],
    [0, `decrypt --extract '["s"]["b"]' e.ini`, 'bytes'],
    [1, `decrypt --extract '["nope"]' e.yaml`],
    [1, `decrypt --extract '["list"][9]' e.yaml`],
    [91, 'decrypt --extract m e.yaml'],
    [91, `decrypt --extract '["a"' e.yaml`],
    [91, `decrypt --extract '[x]' e.yaml`],
    [100, 'decrypt nofile.yaml'],
    [1, 'decrypt p.yaml'],
    [1, 'decrypt empty.yaml'],
    [1, 'decrypt bad.yaml'],
    [1, 'decrypt p.bin'],
    [1, 'decrypt list.json'],
    [1, 'decrypt reserved.yaml'],
    [2, 'decrypt home'],
    [8, 'decrypt -i --output x e.yaml'],
    [8, 'decrypt -i', 'nothing', ''],
    [1, 'decrypt', 'nothing', ''],
    [3, 'decrypt --output nowhere/x e.yaml'],
    [1, 'decrypt --nosuch e.yaml'],
    [51, 'decrypt mac-wrong.yaml'],
    [51, 'decrypt mac-gone.yaml'],
    [51, 'decrypt mac-gone.json'],
    [51, 'decrypt mac-gone.env'],
    [51, 'decrypt mac-gone.ini'],
    [51, 'decrypt mac-broken.yaml'],
    [0, `decrypt --ignore-mac --output-type json mac-wrong.yaml`, 'json'],
    [1, 'decrypt version-gone.yaml'],
    [1, 'decrypt version-odd.yaml'],
    [1, 'decrypt time-odd.yaml'],
    [25, 'decrypt value-clear.yaml'],
    [25, 'decrypt value-broken.yaml'],
    [112, 'decrypt --decryption-order age,age e.yaml'],
  ])('%i: %s', (code, line, compared, input) => same([code, line, compared, input]));

  it('128: no identity opens it', () => {
    const env = { SOPS_AGE_KEY_FILE: `${lab.folder}/other.txt` };
    for (const tool of [lab.sops.bind(lab), lab.ours.bind(lab)])
      expect(tool(['decrypt', 'e.yaml'], { env }).code).toBe(128);
  });

  it('reads standard input in the type of the name that is said', () => {
    const input = lab.read('e.yaml');
    for (const flags of [
      ['--filename-override', 'x.yaml'],
      ['--input-type', 'yaml', '--output-type', 'yaml'],
    ]) {
      const own = lab.ours(['decrypt', ...flags], { input });
      expect([own.code, own.stderr]).toEqual([0, '']);
      expect(own.stdout.toString()).toContain('a: secret');
    }
  });
});

describe.skipIf(!hasSops)('encrypt ends as sops does (needs sops)', () => {
  it.each<Case>([
    [0, 'encrypt --age R p.yaml'],
    [1, 'encrypt p.yaml'],
    [1, 'encrypt --age xx p.yaml'],
    [8, 'encrypt -i --age R', 'nothing', ''],
    [8, 'encrypt --age R', 'nothing', ''],
    [8, 'encrypt --age R -i --output x p.yaml'],
    [3, 'encrypt --age R --output nowhere/x p.yaml'],
    [8, 'encrypt --age R --encrypted-regex a --encrypted-suffix b p.yaml'],
    [2, 'encrypt --age R bad.yaml'],
    [2, 'encrypt --age R bad.json'],
    [2, 'encrypt --age R list.json'],
    [2, 'encrypt --age R comments.yaml'],
    [2, 'encrypt --age R empty.json'],
    [92, 'encrypt --age R empty.yaml'],
    [203, 'encrypt --age R reserved.yaml'],
    [203, 'encrypt --age R reserved.json'],
    [203, 'encrypt --age R reserved.env'],
    [203, 'encrypt --age R e.yaml'],
    [203, 'encrypt --age R e.json'],
    [100, 'encrypt --age R nofile'],
    [2, 'encrypt --age R home'],
  ])('%i: %s', (code, line, compared, input) => same([code, line, compared, input]));

  it.each([
    ['p.yaml', []],
    ['p.json', []],
    ['p.env', []],
    ['p.ini', []],
    ['p.bin', []],
    ['p.yaml', ['--output-type', 'json']],
    ['p.json', ['--output-type', 'yaml']],
    ['p.env', ['--output-type', 'yaml']],
    ['p.yaml', ['--input-type', 'binary', '--output-type', 'yaml']],
    ['single.yaml', ['--output-type', 'dotenv']],
    ['p.yaml', ['--encrypted-regex', '^(a|k)$']],
    ['p.yaml', ['--mac-only-encrypted']],
  ])('what it makes of %s %j real sops decrypts to the same', (name, flags) => {
    const own = lab.ours(['encrypt', '--age', me.recipient, ...flags, name]);
    expect([own.code, own.stderr]).toEqual([0, '']);
    const isOwnFlag = flags[0] === '--mac-only-encrypted';
    const global = isOwnFlag ? flags : [];
    const theirs = lab.sops([...global, 'encrypt', '--age', me.recipient, ...(isOwnFlag ? [] : flags), name]);
    const type = flags[flags.indexOf('--output-type') + 1];
    const as = type !== undefined && flags.includes('--output-type') ? type : null;
    const back = (input: Buffer) => {
      const done = lab.sops(
        ['decrypt', '--filename-override', as === null ? name : `x.${as === 'dotenv' ? 'env' : as}`],
        { input },
      );
      expect([done.code, done.stderr]).toEqual([0, '']);
      return done.stdout.toString();
    };
    // Comments that end another line stand on one of their own after sops: values are compared.
    const values = (text: string) => text.replace(/^ *#.*\n/gm, '');
    expect(values(back(own.stdout))).toBe(values(back(theirs.stdout)));
  });

  it('refuses a selector that nobody can read, with which sops leaves everything in the clear', () => {
    const args = ['encrypt', '--age', me.recipient, '--encrypted-regex', '(', 'p.yaml'];
    expect(lab.sops(args).stdout.toString()).toContain('a: secret');
    const own = lab.ours(args);
    expect([own.code, own.stdout.length, own.stderr]).toEqual([2, 0, expect.stringContaining('RE2 does not take')]);
  });

  it('keeps the layout, which decrypt gives back byte for byte', () => {
    for (const name of ['p.yaml', 'p.json', 'p.env', 'p.ini', 'p.bin']) {
      lab.write(`round-${name}`, lab.read(name));
      expect(lab.ours(['encrypt', '-i', '--age', me.recipient, `round-${name}`]).code).toBe(0);
      expect(lab.read(`round-${name}`)).not.toBe(lab.read(name));
      expect(lab.ours(['decrypt', '-i', `round-${name}`]).code).toBe(0);
      expect(lab.read(`round-${name}`)).toBe(lab.read(name));
    }
  });

  it('gives a branch in the layout and with the comments that it has', () => {
    const text = 'a: 1\nm:   # about m\n  k: "v"   # kc\n  # list\n  l:\n  - [1,  2]\n\n  f: {x: 1,y: 2}\nz: 2\n';
    lab.write('layout.yaml', text);
    expect(lab.ours(['encrypt', '-i', '--age', me.recipient, 'layout.yaml']).code).toBe(0);
    const branch = (path: string, ...flags: string[]) =>
      lab.ours(['decrypt', '--extract', path, ...flags, 'layout.yaml']).stdout.toString();
    expect(branch('["m"]')).toBe('k: "v"   # kc\n# list\nl:\n- [1,  2]\n\nf: {x: 1,y: 2}\n');
    expect(branch('["m"]["f"]')).toBe('{x: 1,y: 2}\n');
    expect(branch('["m"]["f"]', '--indent', '2')).toBe('x: 1\n"y": 2\n');
  });

  it('takes many files in place; one that fails leaves the others done', () => {
    lab.write('many-1.yaml', 'a: 1\n');
    lab.write('many-2.yaml', 'b: [\n');
    lab.write('many-3.yaml', 'c: 3\n');
    const own = lab.ours(['encrypt', '-i', '--age', me.recipient, 'many-1.yaml', 'many-2.yaml', 'many-3.yaml']);
    expect(own.code).toBe(2);
    expect(own.stderr).toContain('many-2.yaml:2:1: is not YAML');
    expect([
      lab.read('many-1.yaml').includes('ENC['),
      lab.read('many-2.yaml'),
      lab.read('many-3.yaml').includes('ENC['),
    ]).toEqual([true, 'b: [\n', true]);
  });
});

describe.skipIf(!hasSops)('set and unset do and end as sops does (needs sops)', () => {
  const deep = (name: string, tool: 'sops' | 'ours') =>
    JSON.parse(lab[tool](['decrypt', '--output-type', 'json', name]).stdout.toString()) as unknown;

  it.each<[code: number, file: string, path: string, value: string | null, flags?: string[]]>([
    [0, 'e.yaml', '["a"]', '"new"'],
    [0, 'e.yaml', '["n"]', '7'],
    [0, 'e.yaml', '["n"]', '-7'],
    [0, 'e.yaml', '["n"]', '1.5e3'],
    [0, 'e.yaml', '["a"]', 'null'],
    [0, 'e.yaml', '["new"]["deep"][0]', '"q"'],
    [0, 'e.yaml', '["list"][0]', '"r"'],
    [0, 'e.yaml', '["list"][5]', '"r"'],
    [0, 'e.yaml', '["list"][5]["k"]', '"r"'],
    [0, 'e.yaml', '["m"]', '{"q": 1, "w": [true, null]}'],
    [0, 'e.yaml', '["m"]', '{}'],
    [0, 'e.yaml', '["a"]["sub"]', '"x"'],
    [0, 'e.yaml', '["m"]["multi"]', '"one\\ntwo\\n"'],
    [0, 'e.json', '["l"][1]["x"]', '"y"'],
    [0, 'e.json', '["new"]', '{"k": "v"}'],
    [0, 'e.env', '["A"]', '"2"'],
    [0, 'e.env', '["D"]', '"n\\nm"'],
    [0, 'e.ini', '["s"]["a"]', '"2"'],
    [0, 'e.ini', '["t"]["new"]', '"2"'],
    [0, 'e.bin', '["data"]', '"other"'],
    [4, 'e.env', '["A"]', '{"x": 1}'],
    [7, 'e.yaml', '["a"]', 'nojson'],
    [7, 'e.yaml', 'a', '1'],
    [7, 'e.yaml', '["a"', '1'],
    [203, 'e.yaml', '["sops"]', '1'],
    [2, 'nofile.yaml', '["a"]', '1'],
    [1, 'p.yaml', '["a"]', '1'],
    [51, 'mac-wrong.yaml', '["a"]', '1'],
    [0, 'mac-wrong.yaml', '["a"]', '1', ['--ignore-mac']],
    [0, 'mac-wrong.yaml', '["u_unencrypted"]', '"dear"', ['--ignore-mac']],
    [1, 'e.yaml', '["a"]', 'nofile', ['--value-file']],
    [0, 'e.yaml', '["a"]', 'value.json', ['--value-file']],
    [7, 'e.yaml', '["a"]', 'p.yaml', ['--value-file']],
    [1, 'e.yaml', '["a"]', null, ['--value-file', '--value-stdin']],
    [100, 'e.yaml', '["a"]', null],
  ])('%i: set %s %s %s %j', (code, file, path, value, flags = []) => {
    for (const tool of ['sops', 'ours'] as const) {
      const copy = file.replace('.', `-${tool}.`);
      if (file !== 'nofile.yaml') lab.write(copy, lab.read(file));
      const done = lab[tool](['set', ...flags, copy, path, ...(value === null ? [] : [value])]);
      expect([done.code, tool], done.stderr).toEqual([code, tool]);
      expect(done.stdout.toString()).toBe('');
    }
    if (code !== 0) return;
    const [theirs, own] = [file.replace('.', '-sops.'), file.replace('.', '-ours.')];
    expect(deep(own, 'sops')).toEqual(deep(theirs, 'sops'));
    expect(deep(own, 'ours')).toEqual(deep(theirs, 'sops'));
  });

  it.each<[code: number, file: string, path: string, flags?: string[]]>([
    [0, 'e.yaml', '["a"]'],
    [0, 'e.yaml', '["list"][0]'],
    [0, 'e.yaml', '["m"]["k"]'],
    [0, 'e.json', '["l"][1]'],
    [0, 'e.env', '["A"]'],
    [0, 'e.ini', '["s"]["a"]'],
    [1, 'e.yaml', '["nope"]'],
    [0, 'e.yaml', '["nope"]', ['--idempotent']],
    [1, 'e.yaml', '["list"][9]'],
    [0, 'e.yaml', '["list"][9]', ['--idempotent']],
    [1, 'e.yaml', '["a"]["b"]'],
    [1, 'e.yaml', '["a"]["b"]', ['--idempotent']],
    [7, 'e.yaml', 'a'],
    [2, 'nofile.yaml', '["a"]'],
    [51, 'mac-wrong.yaml', '["a"]'],
  ])('%i: unset %s %s %j', (code, file, path, flags = []) => {
    for (const tool of ['sops', 'ours'] as const) {
      const copy = file.replace('.', `-${tool}.`);
      if (file !== 'nofile.yaml') lab.write(copy, lab.read(file));
      const done = lab[tool](['unset', ...flags, copy, path]);
      expect([done.code, tool], done.stderr).toEqual([code, tool]);
    }
    if (code !== 0) return;
    const [theirs, own] = [file.replace('.', '-sops.'), file.replace('.', '-ours.')];
    expect(deep(own, 'sops')).toEqual(deep(theirs, 'sops'));
  });

  it('takes the value from standard input, and with --idempotent leaves a file that has it alone', () => {
    for (const tool of ['sops', 'ours'] as const) {
      lab.write('idem.yaml', lab.read('e.yaml'));
      expect(
        lab[tool](['set', '--value-stdin', '--idempotent', 'idem.yaml', '["a"]'], { input: '"secret"' }).code,
      ).toBe(0);
      expect(lab.read('idem.yaml')).toBe(lab.read('e.yaml'));
      expect(lab[tool](['set', '--value-stdin', 'idem.yaml', '["a"]'], { input: '"other"' }).code).toBe(0);
      expect(lab.sops(['decrypt', '--extract', '["a"]', 'idem.yaml']).stdout.toString()).toBe('other');
    }
  });

  it('changes three lines: the value, the time and the MAC', () => {
    lab.write('three.yaml', lab.ours(['encrypt', '--age', me.recipient, 'p.yaml']).stdout);
    const before = lab.read('three.yaml').split('\n');
    // The time has whole seconds.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
    expect(lab.ours(['set', 'three.yaml', '["m"]["k"]', '"w"']).code).toBe(0);
    const after = lab.read('three.yaml').split('\n');
    expect(after.length).toBe(before.length);
    const changed = after.filter((line, i) => line !== before[i]).map((line) => line.trim().split(':')[0]);
    expect(changed).toEqual(['k', 'lastmodified', 'mac']);
    expect(lab.ours(['decrypt', 'three.yaml']).stdout.toString()).toBe(lab.read('p.yaml').replace('k: v', 'k: w'));
  });
});
