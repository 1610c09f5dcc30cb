import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { cleanFile } from '../../src/document/clean.ts';
import { smudgeFile } from '../../src/document/smudge.ts';
import { createKeyring, type Keyring } from '../../src/keys/keyring.ts';
import { hasSops, sops } from '../sops.ts';
import { meaningOf } from './meaning.ts';

// Made by scripts/old-fixtures.mjs with the real sops of other times, so that these tests need none of them.
const folder = join(import.meta.dirname, '../fixtures/old');
const versions = readdirSync(folder).filter((name) => /^\d/.test(name));
const names = ['app.yaml', 'app.json', 'app.env', 'app.ini', 'key.bin'];
const content = (version: string, name: string) => readFileSync(join(folder, version, name));
/** Before 3.7 sops knew no age. */
const isForPgp = (version: string) => /^3\.[0-6]\./.test(version);

const hasGpg = spawnSync('gpg', ['--version']).status === 0;
const identity = /^AGE-SECRET-KEY-.*$/m.exec(readFileSync(join(folder, 'identity.txt'), 'utf8'))?.[0] ?? '';

let gnupg: string;
beforeAll(() => {
  gnupg = mkdtempSync(join(tmpdir(), 'git-sops-gpg-'));
  if (!hasGpg) return () => rmSync(gnupg, { recursive: true });
  spawnSync('gpg', ['--batch', '--import', join(folder, 'secret-key.asc')], {
    env: { ...process.env, GNUPGHOME: gnupg },
  });
  return () => {
    spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
    rmSync(gnupg, { recursive: true, force: true });
  };
});

const environment = () => ({ PATH: process.env['PATH'] ?? '', GNUPGHOME: gnupg, SOPS_AGE_KEY: identity });
const keyring = (): Keyring => createKeyring({ env: environment(), platform: process.platform, home: null });

it('the ways in which sops wrote INI metadata are both there', () => {
  // 3.13.0 and 3.13.1 wrote a wrapped key over several lines, all others with \\n.
  const styles = versions.map((version) => content(version, 'app.ini').includes('-----\\n'));
  expect(new Set(styles)).toEqual(new Set([true, false]));
  expect(versions).toEqual(expect.arrayContaining(['3.3.1', '3.6.1', '3.8.1', '3.13.1', '3.13.2']));
});

describe.each(versions)('files of sops %s', (version) => {
  describe.skipIf(isForPgp(version) && !hasGpg)(isForPgp(version) ? 'for a PGP key (needs gpg)' : 'for age', () => {
    it.each(names)('%s opens, comes back to the identical blob, and can be edited', async (name) => {
      const blob = content(version, name);
      const ring = keyring();
      const smudged = await smudgeFile(name, blob, ring, nodeBackend);
      expect(smudged).toMatchObject({ state: 'plaintext' });
      expect(meaningOf(name, smudged.bytes)).toEqual(meaningOf(name, content(version, `${name}.plain`)));
      const clean = (edited: Uint8Array) =>
        cleanFile({
          path: name,
          content: edited,
          bases: async function* () {
            yield blob;
          },
          rule: async () => null,
          keyring: ring,
          backend: nodeBackend,
          now: () => new Date('2027-01-02T03:04:05Z'),
        });
      expect(Buffer.from(await clean(smudged.bytes)).equals(blob)).toBe(true);
      const text = Buffer.from(smudged.bytes).toString('latin1');
      const edited = Buffer.from(name === 'key.bin' ? `${text}x` : text.replace('hunter2', 'hunter7'), 'latin1');
      const sealed = await clean(edited);
      expect(Buffer.from((await smudgeFile(name, sealed, ring, nodeBackend)).bytes).equals(edited)).toBe(true);
      if (!hasSops) return;
      // What follows an old file is one that today's sops verifies.
      const type = {
        'app.yaml': 'yaml',
        'app.json': 'json',
        'app.env': 'dotenv',
        'app.ini': 'ini',
        'key.bin': 'binary',
      }[name];
      const opened = sops(['decrypt', '--input-type', type ?? '', '--output-type', type ?? ''], {
        input: sealed,
        env: environment(),
      });
      expect(opened.code, opened.stderr).toBe(0);
      expect(meaningOf(name, opened.stdout)).toEqual(meaningOf(name, edited));
    });
  });
});

it('the fixtures are whole', () => {
  for (const version of versions) for (const name of names) expect(existsSync(join(folder, version, name))).toBe(true);
});
