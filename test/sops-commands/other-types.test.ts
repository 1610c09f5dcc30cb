import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTeam, secretRule } from '../repo/team.ts';
import { hasSops } from '../sops.ts';
import { Lab, me, other } from './lab.ts';

let lab: Lab;
beforeAll(() => {
  if (!hasSops) return;
  lab = new Lab();
  lab.write('es.yaml', lab.sops(['encrypt', '--age', me.recipient, 'single.yaml']).stdout);
});
afterAll(() => lab?.remove());

const tools = ['sops', 'named'] as const;
type Tool = (typeof tools)[number];

/** What a tool makes of a copy of a file, as real sops reads it afterwards. */
function made(tool: Tool, file: string, type: string, args: (copy: string) => string[], editor = 'true') {
  const copy = file.replace('.', `-${tool}.`);
  lab.write(copy, lab.read(file));
  const done = lab[tool](args(copy), { env: { EDITOR: editor } });
  if (done.code !== 0) return { code: done.code, stderr: done.stderr, values: null, first: '' };
  const back = lab.sops(['decrypt', '--input-type', type, '--output-type', 'json', copy]);
  expect([back.code, back.stderr]).toEqual([0, '']);
  return { code: 0, stderr: '', values: JSON.parse(`${back.stdout}`) as unknown, first: lab.read(copy).slice(0, 2) };
}

describe.skipIf(!hasSops)('another type is written (needs sops)', () => {
  it.each<[file: string, type: string, command: string, ...more: string[]]>([
    ['e.yaml', 'json', 'set', '["n"]', '7'],
    ['e.yaml', 'json', 'set', '["m"]', '{"q": [1, null]}'],
    ['e.json', 'yaml', 'set', '["a"]', '"secret"'],
    ['e.env', 'yaml', 'set', '["A"]', '5'],
    ['e.ini', 'json', 'set', '["new"]', '1'],
    ['es.yaml', 'dotenv', 'set', '["b"]', '"g"'],
    ['e.bin', 'json', 'set', '["new"]', '1'],
    ['e.yaml', 'json', 'unset', '["list"][0]'],
    ['e.json', 'yaml', 'unset', '["l"]'],
    ['e.yaml', 'json', 'rotate'],
    ['e.env', 'yaml', 'rotate'],
    ['e.bin', 'yaml', 'rotate'],
    ['e.yaml', 'json', '--set', '["n"] 7'],
    ['e.yaml', 'json', '-r'],
  ])('%s as %s: %s %s %s', (file, type, command, ...more) => {
    const args = (copy: string) => {
      const inPlace = command === 'rotate' || command === '-r' ? ['-i'] : [];
      if (command === '--set') return ['--output-type', type, '--set', more.join(' '), copy];
      return [command, ...inPlace, '--output-type', type, copy, ...more];
    };
    const [theirs, own] = tools.map((tool) => made(tool, file, type, args));
    expect(theirs?.code, theirs?.stderr).toBe(0);
    expect(own).toEqual(theirs);
    if (type === 'json') expect(own?.first).toMatch(/^\{/);
  });

  it('the editor has it in that type', () => {
    const args = (copy: string) => ['edit', '--output-type', 'json', copy];
    const editor = `sh -c 'sed -i s/secret/edited/ "$1" && grep -q ^{ "$1"' -`;
    const [theirs, own] = tools.map((tool) => made(tool, 'e.yaml', 'json', args, editor));
    expect(own?.values).toMatchObject({ a: 'edited', n: 5 });
    expect(own).toEqual(theirs);
    expect(made('named', 'e.yaml', 'json', (copy) => ['edit', '-s', '--output-type', 'json', copy], editor)).toEqual(
      own,
    );
  });

  it('set --idempotent leaves a file that has the value in the type that it has', () => {
    for (const tool of tools) {
      lab.write('idem.json', lab.read('e.json'));
      const set = (...flags: string[]) =>
        lab[tool](['set', ...flags, '--output-type', 'yaml', 'idem.json', '["a"]', '"secret"']);
      expect([tool, set('--idempotent').code, lab.read('idem.json')]).toEqual([tool, 0, lab.read('e.json')]);
      expect([tool, set().code, lab.read('idem.json').slice(0, 3)]).toEqual([tool, 0, 'a: ']);
    }
  });

  it('INI is laid out as sops does it', () => {
    const text =
      's:\n  a: 1\n  long_key_ü: two words\n  "q=x": 3\n  "b`t": 2\nt:\n  n: null\n  m: "a\\nb"\n  d: 2001-01-01\n';
    lab.write('ini.yaml', text);
    expect(lab.sops(['encrypt', '-i', '--age', me.recipient, 'ini.yaml']).code).toBe(0);
    const [theirs, own] = tools.map((tool) => `${lab[tool](['decrypt', '--output-type', 'ini', 'ini.yaml']).stdout}`);
    expect(own).toBe(theirs);
    expect(own).toContain('\na           = 1\n');
  });

  it('refuses names that INI would read as something else, where sops loses them', () => {
    for (const name of ['#c', 'a\\nb = 1', '-']) {
      lab.write('odd.yaml', `s:\n  "${name}": 1\n`);
      expect(lab.sops(['encrypt', '-i', '--age', me.recipient, 'odd.yaml']).code).toBe(0);
      const own = lab.named(['decrypt', '--output-type', 'ini', 'odd.yaml']);
      expect([name, own.code, own.stderr]).toEqual([name, 4, expect.stringContaining('is no name there')]);
    }
  });
});

it('another type is refused where Git goes by the name', { timeout: 60_000 }, async () => {
  const { box, sops } = await createTeam(secretRule);
  const text = 'a: 1\n';
  await box.write('secrets/x.yaml', text);
  await box.git('add', '.');
  await box.git('commit', '--quiet', '--message', 'x');
  const blob = await box.git('rev-parse', ':secrets/x.yaml');
  const commands = [
    ['set', '--output-type', 'json', 'secrets/x.yaml', '["a"]', '2'],
    ['unset', '--output-type', 'json', 'secrets/x.yaml', '["a"]'],
    ['edit', '--output-type', 'json', 'secrets/x.yaml'],
    ['rotate', '--output-type', 'json', 'secrets/x.yaml'],
  ];
  for (const command of commands) {
    const done = await sops(...command);
    expect([command, done.code, done.stderr]).toEqual([command, 2, expect.stringContaining('is yaml to Git')]);
  }
  await sops('lock');
  const locked = await box.read('secrets/x.yaml');
  expect((await sops(...(commands[3] ?? []))).code).toBe(2);
  expect(await box.read('secrets/x.yaml')).toBe(locked);
  await sops('unlock');
  expect([await box.read('secrets/x.yaml'), await box.git('rev-parse', ':secrets/x.yaml')]).toEqual([text, blob]);
});

describe.skipIf(!hasSops)('a file without a MAC (needs sops)', () => {
  const gone: Record<string, [from: string, line: RegExp]> = {
    'gone.yaml': ['e.yaml', /^ *mac: .*\n/m],
    'gone.json': ['e.json', /^\s*"mac": .*\n/m],
    'gone.env': ['e.env', /^sops_mac=.*\n/m],
    'gone.ini': ['e.ini', /^mac .*\n/m],
    'gone.bin': ['e.bin', /^\s*"mac": .*\n/m],
  };

  it.each(Object.entries(gone))('%s opens, and is written, with --ignore-mac only', (name, [from, line]) => {
    lab.write(name, lab.read(from).replace(line, ''));
    for (const command of [['decrypt'], ['rotate'], ['-r', '--ignore-mac=false'], ['edit']]) {
      const codes = tools.map((tool) => lab[tool]([...command, name]).code);
      expect([command, ...codes]).toEqual([command, 51, 51]);
    }
    const own = lab.named(['decrypt', '--ignore-mac', name]);
    expect([own.code, `${own.stdout}`]).toEqual([0, `${lab.named(['decrypt', from]).stdout}`]);
    const [place, value] = { 'gone.ini': ['["s"]["a"]', '"2"'], 'gone.bin': ['["data"]', '"q"'] }[name] ?? [
      '["a"]',
      '"2"',
    ];
    for (const tool of tools) {
      const copy = name.replace('.', `-${tool}.`);
      const write = (...args: string[]) => {
        lab.write(copy, lab.read(name));
        const done = lab[tool](
          args.map((arg) => (arg === 'FILE' ? copy : arg)),
          { env: { EDITOR: `sh -c 'sed -i "s/secret\\|two\\|just/q/" "$1"' -` } },
        );
        expect([tool, args, done.code], done.stderr).toEqual([tool, args, 0]);
        // It has one again.
        const back = lab.sops(['decrypt', copy]);
        expect([tool, args, back.code, back.stderr]).toEqual([tool, args, 0, '']);
      };
      write('set', '--ignore-mac', 'FILE', place ?? '', value ?? '');
      write('-r', '-i', '--ignore-mac', 'FILE');
      if (name !== 'gone.ini') write('edit', '--ignore-mac', 'FILE');
    }
  });

  it('each value is verified all the same', () => {
    const text = lab.read('value-broken.yaml').replace(/^ *mac: .*\n/m, '');
    lab.write('both.yaml', text);
    for (const tool of tools)
      expect([tool, lab[tool](['decrypt', '--ignore-mac', 'both.yaml']).code]).toEqual([tool, 25]);
    expect(`${lab.named(['decrypt', '--ignore-mac', 'both.yaml']).stdout}`).toBe('');
  });

  it('is read in every spelling of its metadata', () => {
    const flow = `a: x\nsops: {lastmodified: "2026-01-01T00:00:00Z", version: 3.13.2, age: [${ageEntry()}]}\n`;
    for (const text of [flow, `\ufeff${lab.read('e.yaml').replace(/^ *mac: .*\n/m, '')}`]) {
      lab.write('spelled.yaml', text);
      const own = lab.named(['decrypt', 'spelled.yaml']);
      expect([own.code, own.stderr]).toEqual([51, expect.stringContaining('without a MAC')]);
      const [theirs, ignoring] = tools.map((tool) => lab[tool](['decrypt', '--ignore-mac', 'spelled.yaml']).code);
      expect(ignoring).toBe(theirs);
    }
  });

  function ageEntry(): string {
    const { sops } = JSON.parse(lab.read('e.json')) as { sops: { age: object[] } };
    return JSON.stringify(sops.age[0]);
  }
});

describe.skipIf(!hasSops)('a rule without recipients (needs sops)', () => {
  const rules = `creation_rules:
  - path_regex: ^selector
    encrypted_regex: ^a$
  - path_regex: ^empty
    key_groups: []
  - path_regex: ^bare
    key_groups: [{}]
  - path_regex: ^half
    key_groups: [{age: [${other.recipient}]}, {}]
  - age: ${other.recipient}
`;
  const names = ['selector.yaml', 'empty.yaml', 'bare.yaml', 'half.yaml'];
  beforeAll(() => lab.write('rules.yaml', rules));

  it('stands in the way of no file that another rule covers', () => {
    for (const tool of tools) {
      const done = lab[tool](['--config', 'rules.yaml', 'encrypt', 'single.yaml']);
      expect([tool, done.code, `${done.stdout}`]).toEqual([tool, 0, expect.stringContaining(other.recipient)]);
    }
  });

  it.each(names)('%s: is refused where nobody else names them', (name) => {
    lab.write(name, 'a: 1\nb: 2\n');
    for (const tool of tools) {
      const done = lab[tool](['--config', 'rules.yaml', 'encrypt', '-i', name]);
      expect([tool, done.code, lab.read(name)]).toEqual([tool, 1, 'a: 1\nb: 2\n']);
    }
    const { stderr } = lab.named(['--config', 'rules.yaml', 'encrypt', name]);
    expect(stderr).toMatch(/rules\.yaml:\d+: has a rule or key group without a recipient\n {2}try: .*--age/);
  });

  it.each(names)('%s: its selector counts where flag or variable names them', (name) => {
    lab.write(name, 'a: 1\nb: 2\n');
    const each = tools.flatMap((tool) => [
      lab[tool](['--config', 'rules.yaml', 'encrypt', '--age', me.recipient, name]),
      lab[tool](['--config', 'rules.yaml', 'encrypt', name], { env: { SOPS_AGE_RECIPIENTS: me.recipient } }),
    ]);
    for (const { code, stdout, stderr } of each) {
      expect([code, stderr]).toEqual([0, '']);
      expect(/^b: (?:2$|ENC)/m.exec(`${stdout}`)?.[0]).toBe(name === 'selector.yaml' ? 'b: 2' : 'b: ENC');
      expect(`${stdout}`).not.toContain(other.recipient);
    }
  });

  it('takes no key away from a file', () => {
    lab.write('selector.yaml', lab.read('e.yaml'));
    for (const tool of tools) {
      const done = lab[tool](['--config', 'rules.yaml', 'updatekeys', '--yes', 'selector.yaml']);
      expect([tool, done.code, lab.read('selector.yaml')]).toEqual([tool, 1, lab.read('e.yaml')]);
    }
  });
});
