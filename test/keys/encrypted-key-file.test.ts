import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { armor, Encrypter } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { parseRecipient, wrapDataKey } from '../../src/keys/recipient.ts';
import { ed25519PublicKey, showSshPublicKey } from '../../src/keys/ssh/public-key.ts';
import type { Terminal } from '../../src/keys/terminal/terminal.ts';
import { age, hasAge } from '../sops.ts';
import { user } from './context.ts';

// An identity for this run only.
const ada = generateKeyFile();
const dataKey = Uint8Array.from({ length: 32 }, (_, i) => i);
const passphrase = 'correct horse';

let folder: string;
let enc: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'git-sops-encrypted-'));
  enc = await wrapDataKey(parseRecipient(ada.recipient), dataKey);
  return () => rmSync(folder, { recursive: true });
});

/** As `age -p` makes it, with less work. */
async function locked(text: string, work = 10): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(work);
  return encrypter.encrypt(text);
}

function openBy(env: Record<string, string>, terminal: Terminal = user(), wrapped = enc) {
  const ring = createKeyring({ env, platform: process.platform, home: null, cwd: folder, terminal });
  return ring.dataKey([[{ kind: 'age', recipient: ada.recipient, enc: wrapped }]], 0);
}

function keyFile(content: Uint8Array | string): { SOPS_AGE_KEY_FILE: string } {
  writeFileSync(join(folder, 'keys.age'), content, { mode: 0o600 });
  return { SOPS_AGE_KEY_FILE: 'keys.age' };
}

describe('a key file behind a passphrase', () => {
  it('opens, armored or not, from each source', async () => {
    const file = await locked(ada.text);
    const ascii = armor.encode(file);
    writeFileSync(join(folder, 'armored'), ascii);
    for (const env of [keyFile(file), { SOPS_AGE_KEY: ascii }, { SOPS_AGE_KEY_CMD: 'cat armored' }]) {
      const terminal = user('wrong', passphrase);
      expect(await openBy({ ...env, PATH: process.env['PATH'] ?? '' }, terminal)).toEqual({ dataKey });
      expect(terminal.asked).toEqual([
        expect.stringMatching(/^passphrase for the key file SOPS_AGE_KEY/),
        expect.stringMatching(/^that was not it; passphrase for the key file SOPS_AGE_KEY/),
      ]);
    }
  });

  it('is left alone where a key in the clear opens, and where only an SSH key could', async () => {
    const terminal = user(passphrase);
    const env = keyFile(await locked(ada.text));
    expect(await openBy({ ...env, SOPS_AGE_KEY: ada.text.split('\n').at(-2) ?? '' }, terminal)).toEqual({ dataKey });
    const point = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
    const ssh = showSshPublicKey(ed25519PublicKey(Buffer.from(point, 'base64url')));
    expect((await openBy(env, terminal, await wrapDataKey(parseRecipient(ssh), dataKey))).dataKey).toBeNull();
    const ring = createKeyring({ env, platform: process.platform, home: null, cwd: folder, terminal });
    expect(await ring.ownRecipients()).toEqual([]);
    expect(await ring.hiddenIdentities()).toEqual(['the key file SOPS_AGE_KEY_FILE (keys.age), behind a passphrase']);
    expect(terminal.asked).toEqual([]);
  });

  it('says why it does not open', async () => {
    const problems = async (content: Uint8Array | string, terminal: Terminal) => {
      const found = await openBy(keyFile(content), terminal);
      return found.dataKey === null ? found.problems.join('; ') : 'opened';
    };
    const file = await locked(ada.text);
    expect(await problems(file, user('a', 'b', 'c'))).toBe(
      'the passphrase for the key file SOPS_AGE_KEY_FILE (keys.age) was wrong three times',
    );
    expect(await problems(file, user())).toContain('there is nobody to ask for the passphrase');
    expect(await problems(await locked('password: x'), user(passphrase))).toContain('is not an age identity');
    expect(await problems(await locked('# nothing'), user(passphrase))).toContain('it holds no identity');
    const forOther = new Encrypter();
    forOther.addRecipient(ada.recipient);
    expect(await problems(await forOther.encrypt(ada.text), user(passphrase))).toContain('not with a passphrase');
    const header = Buffer.from(file).toString('latin1').replace(/ 10\n/, ' 23\n');
    expect(await problems(Buffer.from(header, 'latin1'), user(passphrase))).toContain('too much work');
    const changed = Buffer.from(file);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    expect(await problems(changed, user(passphrase))).toMatch(
      /the encrypted key file of SOPS_AGE_KEY_FILE.*cannot be used/,
    );
  });

  it.skipIf(!hasAge)('is what age reads, too (needs age)', async () => {
    const file = join(folder, 'by-us.age');
    writeFileSync(file, await locked(ada.text));
    writeFileSync(join(folder, 'wrapped'), enc);
    // Real age asks on a terminal only; test/repo/prompts.test.ts has one and makes a file with `age -p`.
    const inspected = age(['--decrypt', '--identity', file, join(folder, 'wrapped')]);
    expect(inspected.stderr).toContain('passphrase');
  });
});
