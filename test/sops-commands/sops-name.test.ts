import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSopsLine } from '../../src/cli/sops-line.ts';
import { hasSops } from '../sops.ts';
import { Lab, me, other } from './lab.ts';

let lab: Lab;
beforeAll(() => {
  if (hasSops) lab = new Lab();
});
afterAll(() => lab?.remove());

const tools = ['sops', 'named'] as const;

describe.skipIf(!hasSops)('under the name sops (needs sops)', () => {
  it.each<[code: number, args: string[], compared?: 'bytes' | 'json' | 'opens']>([
    [0, ['-d', 'e.json'], 'json'],
    [0, ['--decrypt=true', 'e.json'], 'json'],
    [0, ['-d', '--extract', '["a"]', 'e.yaml'], 'bytes'],
    [0, ['--extract', '["a"]', '-d', 'e.yaml'], 'bytes'],
    [0, ['-extract=["a"]', '-d', 'e.yaml'], 'bytes'],
    [0, ['-d', '--output-type', 'json', 'e.yaml', 'p.yaml'], 'bytes'],
    [0, ['--indent', '2', '-d', '--output-type', 'json', 'e.yaml'], 'bytes'],
    [0, ['--indent', '2', 'decrypt', '--output-type', 'json', 'e.yaml'], 'bytes'],
    [0, ['decrypt', '-output-type', 'json', 'e.yaml'], 'bytes'],
    [0, ['-e', '--age', me.recipient, 'p.yaml'], 'opens'],
    [0, ['-e', '-a', me.recipient, '--encrypted-regex', '^a$', 'p.yaml'], 'opens'],
    [0, ['-r', 'e.yaml'], 'opens'],
    [0, ['-r', '--add-age', other.recipient, 'e.yaml'], 'opens'],
    [0, ['-r', '--ignore-mac', 'mac-wrong.yaml'], 'opens'],
    [0, ['--mac-only-encrypted', 'encrypt', '--age', me.recipient, 'p.yaml'], 'opens'],
    [8, ['-d', '-i', '--output', 'x', 'e.yaml']],
    [100, ['-d', 'nofile']],
    [100, ['-e', '--age', me.recipient, 'nofile']],
    [100, ['-r', 'nofile']],
    [49, ['-r', '--add-age', other.recipient, 'nofile']],
    [100, []],
    [100, ['-d']],
    [203, ['-e', '--age', me.recipient, 'reserved.yaml']],
    [7, ['--set', '["a"]"q"', 'e.yaml']],
    [7, ['--set', '["a"] q', 'e.yaml']],
    [1, ['-de', 'e.yaml']],
    [1, ['p.yaml']],
    [91, ['-d', '--extract', 'a', 'e.yaml']],
    [7, ['exec-env', 'e.env', 'exit 7']],
    [0, ['filestatus', 'e.yaml'], 'bytes'],
  ])('%i: %j', (code, args, compared) => {
    const [theirs, own] = tools.map((tool) => lab[tool](args, { env: { EDITOR: 'true' } }));
    expect(theirs?.code, theirs?.stderr).toBe(code);
    expect(own?.code, own?.stderr).toBe(code);
    if (compared === 'bytes') expect(own?.stdout.toString()).toBe(theirs?.stdout.toString());
    if (compared === 'json') expect(JSON.parse(`${own?.stdout}`)).toEqual(JSON.parse(`${theirs?.stdout}`));
    if (compared !== 'opens') return;
    const back = lab.sops(['decrypt', '--filename-override', 'x.yaml'], { input: own?.stdout ?? '' });
    expect([back.code, back.stderr]).toEqual([0, '']);
  });

  it('-d -i, -e -i, -r -i and --set write the file; a file alone is edited', () => {
    for (const tool of tools) {
      lab.write('old.yaml', lab.read('e.yaml'));
      const run = (...args: string[]) => lab[tool](args, { env: { EDITOR: 'true' } }).code;
      expect([tool, run('--set', '["a"] "q"', 'old.yaml')]).toEqual([tool, 0]);
      expect(lab.sops(['decrypt', '--extract', '["a"]', 'old.yaml']).stdout.toString()).toBe('q');
      expect(run('-r', '-i', 'old.yaml')).toBe(0);
      expect(run('-d', '-i', 'old.yaml')).toBe(0);
      expect(lab.read('old.yaml')).toContain('a: q');
      expect(run('-e', '-i', '--age', me.recipient, 'old.yaml')).toBe(0);
      expect(lab.read('old.yaml')).toContain('a: ENC[');
      expect(run('old.yaml')).toBe(200);
    }
  });

  it('says sops’s version, for those who ask', () => {
    expect(lab.named(['--version']).stdout.toString()).toMatch(/^sops 3\.13\.2 \(git-sops /);
  });

  // Its scripts take what a sops says on either stream for the file, and know an encrypted one by these two lines.
  it('does what helm-secrets has it do, and says nothing beside it', () => {
    const type = ['--input-type', 'yaml', '--output-type', 'yaml'];
    chmodSync(join(lab.folder, 'keys.txt'), 0o644);
    for (const tool of tools) {
      lab.write('h.yaml', 'db:\n    password: hunter2\n');
      const run = (args: string[]) => {
        const env = { EDITOR: 'sed -i s/hunter2/hunter3/', SOPS_AGE_RECIPIENTS: me.recipient };
        const { code, stdout, stderr } = lab[tool](args, { env });
        expect([tool, args, code, stderr]).toEqual([tool, args, 0, '']);
        return `${stdout}`;
      };
      expect(run(['--encrypt', ...type, 'h.yaml'])).toMatch(/^sops:\s*$.*mac.*,type:str\]/ms);
      run(['--encrypt', ...type, '--output', 'he.yaml', 'h.yaml']);
      run(['--encrypt', ...type, '--in-place', 'h.yaml']);
      expect(run([...type, 'he.yaml'])).toBe('');
      expect(run(['--decrypt', ...type, 'he.yaml'])).toBe('db:\n    password: hunter3\n');
      run(['--decrypt', ...type, '--output', 'hd.yaml', 'he.yaml']);
      expect(lab.read('hd.yaml')).toBe('db:\n    password: hunter3\n');
      run(['--decrypt', ...type, '--in-place', 'h.yaml']);
      expect(lab.read('h.yaml')).toBe('db:\n    password: hunter2\n');
    }
  });

  it('says where a command is that only sops has', () => {
    for (const tool of ['named', 'ours'] as const) {
      const { code, stderr } = lab[tool](['publish', 'e.yaml']);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/no command 'publish'\n {2}try: the real sops/)]);
    }
  });

  it('under its own name it does not take the old form', () => {
    expect(lab.ours(['-d', 'e.yaml']).code).toBe(2);
    expect(existsSync(join(lab.folder, 'bin/sops'))).toBe(true);
  });
});

describe('a command line of sops', () => {
  const line = (...args: string[]) => readSopsLine(args, () => true);

  it('has its flags in front of the file, and global ones in front of the subcommand', () => {
    expect(line('--config', 'c', 'set', '-idempotent', 'f', '["a"]', '-5')).toEqual({
      command: 'set',
      args: ['--config=c', '--idempotent', 'f', '["a"]', '-5'],
      ignored: 0,
    });
    expect(line('groups', 'add', '-f', 'x', '-i', '--age', 'r')).toEqual({
      command: 'groups',
      args: ['add', '--file=x', '--in-place', '--age=r'],
      ignored: 0,
    });
    expect(line('exec-file', '--no-fifo', 'f', 'cat -n {}').args).toEqual(['--no-fifo', 'f', 'cat -n {}']);
  });

  it('may name a subcommand that is not here, which is no file either', () => {
    expect(line('publish', 'f').command).toBe('publish');
  });

  it('may switch a switch off, and say that no flag follows', () => {
    expect(line('-d', '--ignore-mac=false', '--', '-f')).toEqual({ command: 'decrypt', args: ['-f'], ignored: 0 });
  });
});
