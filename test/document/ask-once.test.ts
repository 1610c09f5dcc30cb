import { expect, it } from 'vitest';
import { askOnce, type Opener } from '../../src/document/ask-once.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { parseRecipient } from '../../src/keys/recipient.ts';

it('asks once for what does not open, and each time for what does or is for others', async () => {
  const [own, other] = [generateKeyFile(), generateKeyFile()];
  const keyring = createKeyring({ env: { SOPS_AGE_KEY: own.text.split('\n')[2] }, platform: 'linux', home: null });
  const wrapped = async (recipient: string) => [[await keyring.wrap(parseRecipient(recipient), new Uint8Array(32))]];
  let asked = 0;
  const opener: Opener = {
    dataKey(groups, threshold) {
      asked++;
      return keyring.dataKey(groups, threshold);
    },
  };
  const once = askOnce(opener);
  const openedOf = async (recipient: string) => (await once.dataKey(await wrapped(recipient), 0)).dataKey !== null;
  // Each time wrapped anew, as in another file.
  expect([await openedOf(other.recipient), await openedOf(other.recipient), asked]).toEqual([false, false, 1]);
  expect([await openedOf(own.recipient), await openedOf(own.recipient), asked]).toEqual([true, true, 3]);
  const groups = [...(await wrapped(other.recipient)), ...(await wrapped(other.recipient))];
  expect([(await once.dataKey(groups, 2)).dataKey, asked]).toEqual([null, 4]);
});

it('asks once too where a key source is of no use, and again where something is wrong with the file', async () => {
  const [own, other] = [generateKeyFile(), generateKeyFile()];
  const env = { SOPS_AGE_KEY: own.text.split('\n')[2], SOPS_AGE_KEY_FILE: '/nowhere/keys.txt' };
  const keyring = createKeyring({ env, platform: 'linux', home: null });
  const wrap = (recipient: string) => keyring.wrap(parseRecipient(recipient), new Uint8Array(32));
  let asked = 0;
  const once = askOnce({
    dataKey(groups, threshold) {
      asked++;
      return keyring.dataKey(groups, threshold);
    },
  });
  const opens = async (groups: Parameters<Opener['dataKey']>[0]) => (await once.dataKey(groups, 0)).dataKey !== null;
  expect([await opens([[await wrap(other.recipient)]]), await opens([[await wrap(other.recipient)]]), asked]).toEqual([
    false,
    false,
    1,
  ]);
  expect(keyring.warnings()).toHaveLength(1);
  // For others, with our name on it.
  const forged = { ...(await wrap(other.recipient)), recipient: own.recipient } as const;
  expect([await opens([[forged]]), await opens([[await wrap(own.recipient)]]), asked]).toEqual([false, true, 3]);
});
