import { describe, expect, it } from 'vitest';
import type { CryptoBackend } from '../../src/crypto/backend.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { FreshKeys } from '../../src/document/fresh-keys.ts';
import type { Wrapper } from '../../src/keys/wrap-key-groups.ts';
import { defaultSelector } from '../../src/tree/selector.ts';

const first = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const second = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';

const ruleFor = (...ids: string[]): CreationRule => ({
  index: 0,
  line: 1,
  pathRegex: null,
  groups: [ids.map((id) => ({ kind: 'age', id }))],
  shamirThreshold: 0,
  selector: defaultSelector,
  macOnlyEncrypted: false,
});

const nobody: Wrapper = { wrap: async () => ({ kind: 'pgp', id: 'ABCD', createdAt: '', enc: '', record: {} }) };

/** Counts the data keys that are made. */
function counted() {
  const made: Uint8Array[] = [];
  const backend: CryptoBackend = {
    ...nodeBackend,
    randomBytes(length) {
      const bytes = nodeBackend.randomBytes(length);
      made.push(bytes);
      return bytes;
    },
  };
  return { made, keys: new FreshKeys(backend, nobody) };
}

describe('data keys for new files', () => {
  it('are given out once each', async () => {
    const { keys } = counted();
    const rule = ruleFor(first);
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) {
      const { dataKey } = await keys.take(rule, 'yaml');
      seen.add(Buffer.from(dataKey).toString('hex'));
      keys.makeAhead();
      if (i % 2 === 0) keys.makeAhead();
    }
    expect(seen.size).toBe(10);
  });

  it('are made ahead where file after file is new, and not for the first', async () => {
    const { keys, made } = counted();
    const rule = ruleFor(first);
    keys.makeAhead();
    await keys.take(rule, 'yaml');
    keys.makeAhead();
    expect(made.length).toBe(1);
    await keys.take(rule, 'yaml');
    keys.makeAhead();
    expect(made.length).toBe(3);
    const { dataKey } = await keys.take(rule, 'yaml');
    expect(made.length).toBe(3);
    expect(dataKey).toEqual(made[2]);
  });

  it('are never those of another rule or format', async () => {
    const { keys } = counted();
    const [one, other] = [ruleFor(first), ruleFor(second)];
    for (let i = 0; i < 2; i++) await keys.take(one, 'yaml');
    keys.makeAhead();
    const { metadata } = await keys.take(other, 'yaml');
    expect(metadata.keyGroups.flat()).toMatchObject([{ kind: 'age', recipient: second }]);
    for (let i = 0; i < 2; i++) await keys.take(one, 'yaml');
    keys.makeAhead();
    expect((await keys.take(one, 'binary')).metadata.selectorGiven).toBe(false);
  });

  it('are not made ahead by a program or a service', async () => {
    const { keys, made } = counted();
    const rule: CreationRule = { ...ruleFor(first), groups: [[{ kind: 'pgp', id: 'ABCD', fields: {} }]] };
    for (let i = 0; i < 2; i++) await keys.take(rule, 'yaml');
    keys.makeAhead();
    expect(made.length).toBe(2);
  });

  it('are not made ahead under a rule that cannot be used', async () => {
    const { keys } = counted();
    const rule = ruleFor('age1nonsense');
    for (let i = 0; i < 2; i++)
      await expect(keys.take(rule, 'yaml')).rejects.toMatchObject({ code: 'invalid-recipient' });
    expect(() => keys.makeAhead()).not.toThrow();
  });
});
