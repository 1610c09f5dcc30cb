import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSops } from '../sops.ts';
import { Lab } from './lab.ts';

let lab: Lab;
let memory = '';
beforeAll(() => {
  if (!hasSops) return;
  lab = new Lab();
  memory = join(lab.folder, 'run');
  mkdirSync(memory, { mode: 0o700 });
});
afterAll(() => lab?.remove());

describe.skipIf(!hasSops)('exec-env, exec-file and filestatus do and end as sops does (needs sops)', () => {
  it.each<[code: number, args: string[], output: boolean]>([
    [7, ['exec-env', 'e.env', 'echo "$A-$B-$C"; exit 7'], true],
    [0, ['exec-env', 'eflat.yaml', 'echo "$a-$b-$c-$d-$e-$f"'], true],
    [4, ['exec-env', '--same-process', 'e.env', 'echo "$A"; exit 4'], true],
    [0, ['exec-env', '--pristine', 'e.env', 'echo "$A-$HOME"'], true],
    [0, ['exec-env', 'e.env', 'cat'], true],
    [127, ['exec-env', 'e.env', 'nosuchcommand'], false],
    [255, ['exec-env', 'e.env', 'kill -9 $$'], false],
    [1, ['exec-env', 'e.yaml', 'true'], false],
    [1, ['exec-env', 'e.env'], false],
    [1, ['exec-env', 'p.env', 'true'], false],
    [2, ['exec-env', 'nofile', 'true'], false],
    [8, ['exec-env', '--same-process', '--background', 'e.env', 'true'], false],
    [51, ['exec-env', 'mac-wrong.yaml', 'true'], false],
    [3, ['exec-file', 'e.json', 'grep -c secret {}; exit 3'], true],
    [0, ['exec-file', 'e.env', 'cat {}'], true],
    [0, ['exec-file', '--no-fifo', 'e.env', 'cat {} {}'], true],
    [0, ['exec-file', '--output-type', 'json', 'e.env', 'cat {}'], true],
    [0, ['exec-file', '--filename', 'x.yaml', 'e.env', 'basename {}; cat {} >/dev/null'], true],
    [0, ['exec-file', 'e.env', 'basename {}'], true],
    [0, ['exec-file', 'e.env', 'true'], true],
    [255, ['exec-file', 'e.env', 'kill -15 $$'], false],
    [1, ['exec-file', '--filename', '../x', 'e.env', 'true'], false],
    [1, ['exec-file', 'e.env'], false],
    [2, ['exec-file', 'nofile', 'true'], false],
    [0, ['filestatus', 'e.yaml'], true],
    [0, ['filestatus', 'e.ini'], true],
    [0, ['filestatus', 'p.yaml'], true],
    [0, ['filestatus', 'empty.yaml'], true],
    [0, ['filestatus', 'mac-gone.yaml'], true],
    [0, ['filestatus', 'version-gone.yaml'], true],
    [0, ['filestatus', 'mac-wrong.yaml'], true],
    [1, ['filestatus', 'bad.yaml'], false],
    [1, ['filestatus', 'nofile'], false],
    [100, ['filestatus'], false],
  ])('%i: %j', (code, args, output) => {
    const options = { input: 'piped', env: { XDG_RUNTIME_DIR: memory } };
    const [theirs, own] = [lab.sops(args, options), lab.ours(args, options)];
    expect(theirs.code, theirs.stderr).toBe(code);
    expect(own.code, own.stderr).toBe(code);
    if (output) expect(own.stdout.toString()).toBe(theirs.stdout.toString());
    expect(own.stderr).not.toContain('internal error');
    expect(readdirSync(memory)).toEqual([]);
  });

  it('puts the plaintext behind a pipe for this user alone, not into a file', () => {
    const env = { XDG_RUNTIME_DIR: memory };
    const look = 'stat -c "%A" {} "$(dirname {})"; cat {} >/dev/null';
    expect(lab.ours(['exec-file', 'e.yaml', look], { env }).stdout.toString()).toBe('prw-------\ndrwx------\n');
    expect(lab.ours(['exec-file', '--no-fifo', 'e.yaml', look], { env }).stdout.toString()).toBe(
      '-rw-------\ndrwx------\n',
    );
  });

  it('hands over more than a pipe holds, and ends when the reader has had enough', () => {
    lab.write('large.bin', Buffer.alloc(1 << 20, 'x'));
    lab.write(
      'large.enc',
      lab.sops(['encrypt', '--age', lab.read('keys.txt').match(/age1\w+/)?.[0] ?? '', 'large.bin']).stdout,
    );
    expect(lab.ours(['exec-file', '--input-type', 'binary', 'large.enc', 'wc -c <{}']).stdout.toString().trim()).toBe(
      `${1 << 20}`,
    );
    expect(lab.ours(['exec-file', 'large.enc', 'head -c 3 {}; echo; exit 6']).code).toBe(6);
    expect(lab.ours(['exec-file', 'large.enc', 'true']).code).toBe(0);
  });
});
