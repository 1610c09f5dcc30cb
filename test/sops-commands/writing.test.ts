import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSops } from '../sops.ts';
import { Lab, me } from './lab.ts';

let lab: Lab;
beforeAll(() => {
  if (hasSops) lab = new Lab();
});
afterAll(() => lab?.remove());

const isRoot = process.getuid?.() === 0;

describe.skipIf(!hasSops)('what is written (needs sops)', () => {
  it('is the old file or the new one, whenever the program is killed', async () => {
    mkdirSync(join(lab.folder, 'killed'));
    // Large, so that the write takes its time.
    const text = `a: ${'x'.repeat(1 << 20)}\nn: 0\n`;
    lab.write('killed/big.yaml', text);
    expect(lab.ours(['encrypt', '-i', '--age', me.recipient, 'killed/big.yaml']).code).toBe(0);
    const values = new Set<string>();
    for (let run = 1; run <= 10; run++) {
      const child = spawn(
        process.execPath,
        [process.env['GIT_SOPS_TEST_CLI'] ?? '', 'set', 'killed/big.yaml', '["n"]', `${run}`],
        {
          cwd: lab.folder,
          env: { PATH: process.env['PATH'], SOPS_AGE_KEY_FILE: join(lab.folder, 'keys.txt') },
          stdio: 'ignore',
        },
      );
      const ended = new Promise((resolve) => child.on('close', resolve));
      // From the middle of the work on.
      await new Promise((resolve) => setTimeout(resolve, 120 + 25 * run));
      child.kill('SIGKILL');
      await ended;
      const shown = lab.sops(['decrypt', '--extract', '["n"]', 'killed/big.yaml']);
      expect([run, shown.code, shown.stderr]).toEqual([run, 0, '']);
      values.add(shown.stdout.toString());
    }
    // What a killed one left beside it holds ciphertext for its owner only.
    for (const name of readdirSync(join(lab.folder, 'killed'))) {
      if (name !== 'big.yaml') expect(statSync(join(lab.folder, 'killed', name)).mode & 0o077).toBe(0);
    }
  });

  it.skipIf(!isRoot)('keeps owner and group', () => {
    lab.write('owned.yaml', lab.read('e.yaml'));
    chownSync(join(lab.folder, 'owned.yaml'), 1234, 4321);
    chmodSync(join(lab.folder, 'owned.yaml'), 0o640);
    expect(lab.ours(['set', 'owned.yaml', '["a"]', '"b"']).code).toBe(0);
    const { uid, gid, mode } = statSync(join(lab.folder, 'owned.yaml'));
    expect([uid, gid, mode & 0o777]).toEqual([1234, 4321, 0o640]);
  });

  it('is for its owner only where plaintext comes to a file that was not there', () => {
    expect(lab.ours(['decrypt', '--output', 'plain.out', 'e.yaml']).code).toBe(0);
    expect(statSync(join(lab.folder, 'plain.out')).mode & 0o077).toBe(0);
    // What is no regular file is written to and not replaced.
    expect(lab.ours(['decrypt', '--output', '/dev/null', 'e.env']).code).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('never holds a value in what is said of a refusal', () => {
    const secret = 'S3CRET-VALUE';
    lab.write('said.yaml', `a: ${secret}\nl:\n    - ${secret}\n`);
    expect(lab.ours(['encrypt', '-i', '--age', me.recipient, 'said.yaml']).code).toBe(0);
    const said = [
      ['decrypt', '--output-type', 'dotenv', 'said.yaml'],
      ['decrypt', '--output-type', 'ini', 'said.yaml'],
      ['decrypt', '--extract', '["a"]["b"]', 'said.yaml'],
      ['exec-env', 'said.yaml', 'true'],
      ['set', 'said.yaml', '["a"]', `{${secret}`],
      ['set', 'said.yaml', '["sops"]', `"${secret}"`],
      ['unset', 'said.yaml', '["a"]["b"]'],
    ].map((args) => lab.ours(args));
    for (const done of said)
      expect([done.code > 0, done.stderr.includes(secret), done.stdout.length]).toEqual([true, false, 0]);
  });
});
