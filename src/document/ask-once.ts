import type { KeyGroup } from '../keys/key-group.ts';
import type { Keyring } from '../keys/keyring.ts';

/** Who gives data keys. */
export type Opener = Pick<Keyring, 'dataKey' | 'openAhead'>;

/** A keyring that asks nobody for anything: what a file costs a passphrase or a touch it does not open. */
export function silently(keyring: Opener): Opener {
  return { dataKey: (groups, shamirThreshold) => keyring.dataKey(groups, shamirThreshold, false) };
}

/**
 * A keyring that is not asked again for what it could not open: of many files for the same recipients most checkouts without a
 * key would try each. For a judgement only, which takes a file that says it is for the same people, wrapped in the same way,
 * for one that does not open either.
 */
export function askOnce(keyring: Opener): Opener {
  const missing = new Map<string, Awaited<ReturnType<Opener['dataKey']>>>();
  return {
    async openAhead(files) {
      await keyring.openAhead?.(files);
    },
    async dataKey(groups, shamirThreshold) {
      const name = nameOf(groups, shamirThreshold);
      const known = missing.get(name);
      if (known !== undefined) return known;
      const found = await keyring.dataKey(groups, shamirThreshold);
      if (found.dataKey === null && !found.broken) missing.set(name, found);
      return found;
    },
  };
}

/** The first characters of an armored age file, which say of what kind its first stanza is. In characters. */
const kindOfStanza = '-----BEGIN AGE ENCRYPTED FILE-----\n'.length + 40;

function nameOf(groups: readonly KeyGroup[], shamirThreshold: number): string {
  const names = groups.map((group) =>
    group.map((key) => (key.kind === 'age' ? [key.recipient, key.enc.slice(0, kindOfStanza)] : [key])),
  );
  return JSON.stringify([names, shamirThreshold]);
}
