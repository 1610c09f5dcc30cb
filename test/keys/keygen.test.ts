import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { generateKeyFile, writeNewKey } from '../../src/keys/keygen.ts';
import { parseIdentities } from '../../src/keys/parse-identities.ts';
import { ageKeygen, hasAge } from '../sops.ts';
import { context } from './context.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-sops-keygen-'));
  return () => rmSync(folder, { recursive: true });
});

describe('a new key', () => {
  it('has the format of age-keygen', () => {
    const { text, recipient } = generateKeyFile(new Date('2026-01-02T03:04:05.678Z'));
    expect(text).toMatch(
      /^# created: 2026-01-02T03:04:05Z\n# public key: age1[a-z0-9]{58}\nAGE-SECRET-KEY-1[A-Z0-9]{58}\n$/,
    );
    expect(text).toContain(`# public key: ${recipient}\n`);
    expect(generateKeyFile().recipient).not.toBe(recipient);
  });

  it.skipIf(!hasAge)('is one for the real age (needs age)', () => {
    const { text, recipient } = generateKeyFile();
    expect(ageKeygen(['-y'], { input: text }).stdout.toString().trim()).toBe(recipient);
  });

  it('is written where only its owner reads it, folders too', () => {
    const path = join(folder, 'sops', 'age', 'keys.txt');
    const written = writeNewKey(path);
    expect(written.appended).toBe(false);
    expect(readFileSync(path, 'utf8')).toContain(written.recipient);
    if (process.platform === 'win32') return;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'sops')).mode & 0o777).toBe(0o700);
  });

  it('never takes the place of another', async () => {
    const path = join(folder, 'keys.txt');
    const old = generateKeyFile();
    // Without a newline at its end, as an editor may leave it.
    writeFileSync(path, old.text.trimEnd());
    chmodSync(path, 0o600);
    const { recipient, appended } = writeNewKey(path);
    expect(appended).toBe(true);
    const { recipient: third } = writeNewKey(path);
    const { identities, problems } = parseIdentities(readFileSync(path, 'utf8'), path, context);
    expect(problems).toEqual([]);
    expect(await Promise.all(identities.map((identity) => identity.recipient()))).toEqual([
      old.recipient,
      recipient,
      third,
    ]);
  });
});
