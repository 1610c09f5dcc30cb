import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { beforeEach, describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import type { KeyGroup } from '../../src/keys/key-group.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring, type KeyringOptions } from '../../src/keys/keyring.ts';
import { parseIdentities } from '../../src/keys/parse-identities.ts';
import { parseRecipient, wrapDataKey } from '../../src/keys/recipient.ts';
import type { IdentitySource } from '../../src/keys/sources/identity-source.ts';
import { wrapForGroups } from '../../src/keys/wrap-key-groups.ts';
import { context } from './context.ts';

// Identities for this run only.
const [ada, bob, eve] = [generateKeyFile(), generateKeyFile(), generateKeyFile()];
const secretOf = (file: { text: string }) => file.text.trim().split('\n').at(-1) ?? '';
const dataKey = newDataKey(nodeBackend);
const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));

function keyring(env: Record<string, string>, options: Partial<KeyringOptions> = {}) {
  const { PATH } = process.env;
  return createKeyring({ platform: 'linux', home: null, ...options, env: { PATH, ...env } });
}
const ringOf = (...files: { text: string }[]) => keyring({ SOPS_AGE_KEY: files.map(secretOf).join(' ') });

function wrap(groups: { recipient: string }[][], threshold = 0, key = dataKey): Promise<KeyGroup[]> {
  return wrapForGroups(
    key,
    groups.map((group) => group.map(({ recipient }) => parseRecipient(recipient))),
    threshold,
    nodeBackend,
  );
}

/** A source that tells how often it was asked, and for whom. */
function counting(answer: (recipient: string | null) => string, perRecipient: boolean) {
  const asked: (string | null)[] = [];
  const source: IdentitySource = {
    name: 'counting',
    perRecipient,
    async load(_, recipient) {
      asked.push(recipient);
      return { ...parseIdentities(answer(recipient), 'counting', context), warnings: [] };
    },
  };
  return { source, asked };
}

describe('one key group', () => {
  it('opens for each of its recipients', async () => {
    const groups = await wrap([[ada, bob]]);
    for (const one of [ada, bob]) expect(hex((await ringOf(one).dataKey(groups, 0)).dataKey)).toBe(hex(dataKey));
  });

  it('tells a stranger who could open it', async () => {
    const pgp = { kind: 'pgp', id: 'FBC7', createdAt: null, record: {} } as const;
    const [group = []] = await wrap([[ada, bob]]);
    expect(await ringOf(eve).dataKey([[pgp, ...group]], 0)).toEqual({
      dataKey: null,
      recipients: ['pgp:FBC7', ada.recipient, bob.recipient],
      problems: ['pgp:FBC7: its entry holds no PGP message for keys'],
      broken: true,
    });
    expect((await keyring({}).dataKey([group], 0)).dataKey).toBeNull();
    expect((await ringOf(ada).dataKey([], 0)).dataKey).toBeNull();
    expect((await ringOf(ada).dataKey([[]], 0)).dataKey).toBeNull();
  });

  it('opens although the entry has another recipient’s name', async () => {
    const [group = []] = await wrap([[ada]]);
    const renamed = group.map((key) => ({ ...key, recipient: 'age1whoever' }));
    expect(hex((await ringOf(bob, ada).dataKey([renamed], 0)).dataKey)).toBe(hex(dataKey));
  });

  it('opens beside entries that are forged or broken, and tells of them only when none opens', async () => {
    const forged = {
      kind: 'age',
      recipient: ada.recipient,
      enc: await wrapDataKey(parseRecipient(eve.recipient), dataKey),
    } as const;
    const broken = { ...forged, enc: 'AGE' };
    const short = { ...forged, enc: await wrapDataKey(parseRecipient(ada.recipient), dataKey.subarray(0, 16)) };
    const [group = []] = await wrap([[ada]]);
    expect(hex((await ringOf(ada).dataKey([[forged, broken, short, ...group]], 0)).dataKey)).toBe(hex(dataKey));
    const missing = await ringOf(ada).dataKey([[forged, broken, short]], 0);
    expect(missing).toEqual({
      dataKey: null,
      recipients: [ada.recipient],
      problems: [
        `the data key for ${ada.recipient} does not open (it was wrapped for someone else)`,
        `the data key for ${ada.recipient} does not open (it is not an armored age file)`,
        `the data key for ${ada.recipient} does not open (it is of the wrong length)`,
      ],
      broken: true,
    });
  });

  it('opens with a post-quantum identity', async () => {
    const secret = await generateHybridIdentity();
    const groups = await wrap([[{ recipient: await identityToRecipient(secret) }, bob]]);
    const ring = keyring({ SOPS_AGE_KEY: secret });
    expect(hex((await ring.dataKey(groups, 0)).dataKey)).toBe(hex(dataKey));
    expect(await ring.ownRecipients()).toEqual([await identityToRecipient(secret)]);
  });
});

describe('several key groups', () => {
  it('open when enough of them do, and not otherwise', async () => {
    const groups = await wrap([[ada], [bob, ada], [eve]], 2);
    expect(hex((await ringOf(ada).dataKey(groups, 2)).dataKey)).toBe(hex(dataKey));
    expect(hex((await ringOf(bob, eve).dataKey(groups, 2)).dataKey)).toBe(hex(dataKey));
    expect(await ringOf(bob).dataKey(groups, 2)).toMatchObject({
      dataKey: null,
      recipients: [ada.recipient, bob.recipient, eve.recipient],
    });
  });

  it('all have to open where no threshold is given', async () => {
    const groups = await wrap([[ada], [bob]]);
    expect(hex((await ringOf(ada, bob).dataKey(groups, 0)).dataKey)).toBe(hex(dataKey));
    expect((await ringOf(ada).dataKey(groups, 0)).dataKey).toBeNull();
  });

  it('take no threshold below two, which would give the key away', async () => {
    await expect(wrap([[ada], [bob]], 1)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-shamir-threshold' }),
    );
    const groups = await wrap([[ada], [bob]], 2);
    expect((await ringOf(ada).dataKey(groups, 1)).dataKey).toBeNull();
  });

  it('need whole parts that belong together', async () => {
    const [first = []] = await wrap([[ada], [bob]], 2);
    const twice = await ringOf(ada).dataKey([first, first], 2);
    expect(twice).toMatchObject({ dataKey: null, problems: ['has key groups whose parts do not belong together'] });
    // A whole data key is no part.
    expect((await ringOf(ada).dataKey([...(await wrap([[ada]])), first], 2)).dataKey).toBeNull();
  });

  it('must each have a recipient', async () => {
    for (const groups of [[], [[]], [[ada], []]]) {
      await expect(wrap(groups)).rejects.toThrow(expect.objectContaining({ code: 'no-recipients' }));
    }
  });
});

describe('key sources', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'git-sops-keyring-'));
    return () => rmSync(folder, { recursive: true });
  });

  it('are merged, and an unusable one is told but does no harm', async () => {
    writeFileSync(join(folder, 'key'), bob.text, { mode: 0o644 });
    const ring = keyring(
      {
        SOPS_AGE_KEY: `${secretOf(ada)} nonsense`,
        SOPS_AGE_KEY_FILE: 'key',
        SOPS_AGE_KEY_CMD: 'false',
        XDG_CONFIG_HOME: '/nowhere',
      },
      { cwd: folder },
    );
    expect(await ring.ownRecipients()).toEqual([ada.recipient, bob.recipient]);
    expect(ring.warnings()).toEqual([
      `SOPS_AGE_KEY_FILE (key) can be read by other users of this machine; chmod 600 ${join(folder, 'key')} mends that`,
      'line 1 of SOPS_AGE_KEY is not an age identity (it does not start with AGE-SECRET-KEY-)',
      'the command in SOPS_AGE_KEY_CMD failed (exit code 1)',
    ]);
    expect((await ring.dataKey(await wrap([[eve]]), 0)).dataKey).toBeNull();
    expect((await ring.dataKey(await wrap([[bob]]), 0)).dataKey).not.toBeNull();
  });

  it('are not looked at before they are needed, and once', async () => {
    const { source, asked } = counting(() => secretOf(ada), false);
    const ring = keyring({}, { sources: [source] });
    expect([ring.warnings(), asked]).toEqual([[], []]);
    const groups = await wrap([[ada]]);
    await Promise.all([ring.dataKey(groups, 0), ring.dataKey(groups, 0), ring.ownRecipients()]);
    expect(asked).toEqual([null]);
  });

  it('that answer for one recipient are asked last, each recipient once, and no more than needed', async () => {
    const { source, asked } = counting((recipient) => (recipient === bob.recipient ? secretOf(bob) : ''), true);
    const ring = keyring(
      { SOPS_AGE_KEY: secretOf(ada) },
      { sources: [counting(() => secretOf(ada), false).source, source] },
    );
    await ring.dataKey(await wrap([[ada, bob]]), 0);
    expect(asked).toEqual([]);
    const groups = await wrap([[eve, bob]]);
    expect(hex((await ring.dataKey(groups, 0)).dataKey)).toBe(hex(dataKey));
    expect(asked).toEqual([eve.recipient, bob.recipient]);
    await ring.dataKey(await wrap([[bob, eve]]), 0);
    expect(asked).toHaveLength(2);
    expect(await ring.ownRecipients([bob.recipient, eve.recipient])).toEqual([ada.recipient, bob.recipient]);
  });

  it('that are too slow are not waited for again', async () => {
    const ring = keyring({ SOPS_AGE_KEY_CMD: 'sleep 60' }, { timeLimit: 200 });
    const start = Date.now();
    expect((await ring.dataKey(await wrap([[ada, bob, eve]]), 0)).dataKey).toBeNull();
    expect(await ring.dataKey(await wrap([[generateKeyFile()]]), 0)).toMatchObject({
      problems: ['SOPS_AGE_KEY_CMD gave no key within 0.2 seconds'],
    });
    expect(Date.now() - start).toBeLessThan(2000);
  });
});

describe('a data key that was opened', () => {
  it('is not opened a second time', async () => {
    const groups = await wrap([[ada]]);
    const [own] = parseIdentities(secretOf(ada), 'test', context).identities;
    if (own === undefined) throw new Error('no identity');
    let opened = 0;
    const source: IdentitySource = {
      name: 'test',
      async load() {
        const identity = {
          kind: own.kind,
          asks: false,
          recipient: () => own.recipient(),
          open: (file: Parameters<typeof own.open>[0]) => {
            opened++;
            return own.open(file);
          },
        };
        return { identities: [identity], problems: [], warnings: [] };
      },
    };
    const ring = keyring({}, { sources: [source] });
    for (let i = 0; i < 3; i++) expect(hex((await ring.dataKey(groups, 0)).dataKey)).toBe(hex(dataKey));
    expect(opened).toBe(1);
  });
});
