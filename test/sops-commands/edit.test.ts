import { spawn } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSops } from '../sops.ts';
import { Lab, me } from './lab.ts';

let lab: Lab;
beforeAll(() => {
  if (hasSops) lab = new Lab();
});
afterAll(() => lab?.remove());

const tools = ['sops', 'ours'] as const;

/** An editor that is a line of shell; the file is $1. */
const editor = (line: string) => `sh -c '${line}' editor`;

describe.skipIf(!hasSops)('edit does and ends as sops does (needs sops)', () => {
  it.each<[code: number, args: string[], env: Record<string, string>]>([
    [200, ['edit', 'e.yaml'], { EDITOR: 'true' }],
    [200, ['edit', 'e.yaml'], { EDITOR: 'false', SOPS_EDITOR: 'true' }],
    [201, ['edit', 'e.yaml'], { EDITOR: 'false' }],
    [201, ['edit', 'e.yaml'], { EDITOR: 'nosuchprogram' }],
    [201, ['edit', 'e.yaml'], { EDITOR: '"open' }],
    [200, ['edit', '--age', me.recipient, 'new.yaml'], { EDITOR: 'true' }],
    [200, ['edit', '--age', me.recipient, 'new.env'], { EDITOR: 'true' }],
    [1, ['edit', 'new.yaml'], { EDITOR: 'true' }],
    [1, ['edit', 'p.yaml'], { EDITOR: 'true' }],
    [51, ['edit', 'mac-wrong.yaml'], { EDITOR: 'true' }],
    [200, ['edit', '--ignore-mac', 'mac-wrong.yaml'], { EDITOR: 'true' }],
    [1, ['edit', 'version-gone.yaml'], { EDITOR: 'true' }],
    [100, ['edit'], {}],
  ])('%i: %j %j', (code, args, env) => {
    for (const tool of tools) {
      const done = lab[tool](args, { env });
      expect([tool, done.code], done.stderr).toEqual([tool, code]);
    }
    expect(existsSync(join(lab.folder, 'new.yaml'))).toBe(false);
  });

  it('writes what the editor left; nothing else changes, mode and link stay', () => {
    for (const tool of tools) {
      lab.write('edited.yaml', lab.read('e.yaml'));
      const done = lab[tool](['edit', 'edited.yaml'], { env: { EDITOR: editor('sed -i s/secret/other/ "$1"') } });
      expect([tool, done.code], done.stderr).toEqual([tool, 0]);
      expect(lab.sops(['decrypt', '--extract', '["a"]', 'edited.yaml']).stdout.toString()).toBe('other');
    }
    lab.write('edited.yaml', lab.ours(['encrypt', '--age', me.recipient, 'p.yaml']).stdout);
    const before = lab.read('edited.yaml').split('\n');
    chmodSync(join(lab.folder, 'edited.yaml'), 0o640);
    symlinkSync('edited.yaml', join(lab.folder, 'link.yaml'));
    expect(lab.ours(['edit', 'link.yaml'], { env: { EDITOR: editor('sed -i s/secret/other/ "$1"') } }).code).toBe(0);
    expect(lstatSync(join(lab.folder, 'link.yaml')).isSymbolicLink()).toBe(true);
    expect(statSync(join(lab.folder, 'edited.yaml')).mode & 0o777).toBe(0o640);
    const changed = lab
      .read('edited.yaml')
      .split('\n')
      .filter((line, i) => line !== before[i]);
    // The time too, unless it is still the same second.
    expect(changed.map((line) => line.trim().split(':')[0]).filter((key) => key !== 'lastmodified')).toEqual([
      'a',
      'mac',
    ]);
  });

  it('begins a new file by the rule of .sops.yaml, encrypted from the first byte on', () => {
    lab.write('.sops.yaml', `creation_rules:\n  - path_regex: begun\\.yaml$\n    age: ${me.recipient}\n`);
    const done = lab.ours(['edit', 'begun.yaml'], { env: { EDITOR: editor('echo "k: v" >"$1"') } });
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(lab.read('begun.yaml')).toContain('k: ENC[');
    expect(lab.sops(['decrypt', 'begun.yaml']).stdout.toString()).toBe('k: v\n');
    lab.write('.sops.yaml', 'stores: {}\n');
  });

  it('gives a wrong document back to the editor with what was written, until it is right', () => {
    lab.write('wrong.yaml', lab.read('e.yaml'));
    lab.write('turns', '');
    // First it breaks the file, then it corrects what it finds there.
    const line =
      'echo . >>turns; if grep -q broken "$1"; then sed -i s/broken:.*/mended:\\ 1/ "$1"; else echo "broken: [" >>"$1"; fi';
    const done = lab.ours(['edit', 'wrong.yaml'], { env: { EDITOR: editor(line) }, input: '\n' });
    expect(done.stderr).toMatch(/^git-sops: wrong\.yaml:\d+:\d+: is not YAML/m);
    expect(done.stderr).toContain('Press Enter');
    expect(done.stderr).not.toContain('git add');
    expect([done.code, lab.read('turns')]).toEqual([0, '.\n.\n']);
    expect(lab.sops(['decrypt', '--extract', '["mended"]', 'wrong.yaml']).stdout.toString()).toBe('1\n');
  });

  it('shows the metadata with -s, and takes them away again unchanged', () => {
    for (const [flags, name] of [
      [['-s'], 'e.yaml'],
      [['--show-master-keys=true'], 'e.json'],
      [['-s=T'], 'e.env'],
      [['-s', '--enable-local-keyservice=1'], 'e.ini'],
    ] as const) {
      const file = `shown-${name}`;
      for (const tool of tools) {
        lab.write(file, lab.read(name));
        const line = 'cp "$1" seen; sed -i "s/secret/other/; s/two words/three/" "$1"';
        const done = lab[tool](['edit', ...flags, file], { env: { EDITOR: editor(line) } });
        expect([tool, done.code], done.stderr).toEqual([tool, 0]);
        expect(lab.read('seen')).toMatch(/secret|two words/);
        expect(lab.read('seen')).toContain(me.recipient);
        expect(lab.read('seen')).toMatch(/mac\W+ENC\[/);
        // sops 3.13 forgets what was written: it encrypts the tree that it had before (edit.go, `opts.Tree = &t`).
        if (tool === 'ours') expect(lab.sops(['decrypt', file]).stdout.toString()).toMatch(/other|three/);
      }
      const line = `sed -i "s/${me.recipient}/age1/" "$1"`;
      const done = lab.ours(['edit', '-s', file], { env: { EDITOR: editor(line) } });
      expect([done.code, done.stderr]).toEqual([
        1,
        expect.stringMatching(/metadata that are not what they were.*rotate/s),
      ]);
    }
    expect(lab.ours(['edit', '-s=false', 'e.yaml'], { env: { EDITOR: editor('cp "$1" seen') } }).code).toBe(200);
    expect(lab.read('seen')).not.toContain(me.recipient);
    expect(lab.ours(['edit', '-s', 'e.bin'], { env: { EDITOR: 'true' } }).stderr).toContain(
      'no place for its metadata',
    );
  });

  it('gives up where nobody answers, and leaves the file as it was', () => {
    lab.write('alone.yaml', lab.read('e.yaml'));
    const done = lab.ours(['edit', 'alone.yaml'], { env: { EDITOR: editor('echo "[" >>"$1"') } });
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^git-sops: alone\.yaml: was not saved/m);
    expect(lab.read('alone.yaml')).toBe(lab.read('e.yaml'));
  });

  it('does not write over what somebody else wrote meanwhile', () => {
    lab.write('raced.yaml', lab.read('e.yaml'));
    const line = 'echo "k: 1" >>"$1"; echo "# theirs" >>raced.yaml';
    // Where what was typed is kept.
    const memory = join(lab.folder, 'kept');
    mkdirSync(memory, { mode: 0o700 });
    const done = lab.ours(['edit', 'raced.yaml'], { env: { EDITOR: editor(line), XDG_RUNTIME_DIR: memory } });
    expect(readdirSync(memory)).toHaveLength(1);
    expect(done.code).toBe(1);
    expect(lab.read('raced.yaml')).toBe(`${lab.read('e.yaml')}# theirs\n`);
  });

  it('keeps the plaintext in a folder for this user alone, and takes it away on every way out', async () => {
    lab.write('modes.yaml', lab.read('e.yaml'));
    const memory = join(lab.folder, 'run');
    mkdirSync(memory, { mode: 0o700 });
    const env = { XDG_RUNTIME_DIR: memory };
    const look = editor('stat -c "%a %n" "$1" "$(dirname "$1")" >seen; exit 3');
    expect(lab.ours(['edit', 'modes.yaml'], { env: { ...env, EDITOR: look } }).code).toBe(201);
    const [file = '', folder = ''] = lab.read('seen').split('\n');
    expect(file).toMatch(/^600 .*\/modes\.yaml$/);
    expect(folder).toMatch(/^700 /);
    expect(readdirSync(memory)).toEqual([]);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      lab.write('seen', '');
      const child = spawn(process.execPath, [process.env['GIT_SOPS_TEST_CLI'] ?? '', 'edit', 'modes.yaml'], {
        cwd: lab.folder,
        env: {
          PATH: process.env['PATH'],
          SOPS_AGE_KEY_FILE: join(lab.folder, 'keys.txt'),
          ...env,
          EDITOR: editor('echo "$1" >seen; exec sleep 20'),
        },
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
      while (lab.read('seen') === '') await new Promise((resolve) => setTimeout(resolve, 20));
      expect(readFileSync(lab.read('seen').trim(), 'utf8')).toContain('secret');
      child.kill(signal);
      expect(await ended).toBe(signal);
      expect(readdirSync(memory)).toEqual([]);
    }
    expect(lab.read('modes.yaml')).toBe(lab.read('e.yaml'));
  });
});
