import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { nodeBackend as backend } from '../../src/crypto/node-backend.ts';
import { isMetadata } from '../../src/document/metadata.ts';
import { newFileMetadata } from '../../src/document/new-file.ts';
import { openFile } from '../../src/document/open.ts';
import { openPlainly, plainLength, readPlainly } from '../../src/document/plainly-opened.ts';
import { sealFile } from '../../src/document/seal.ts';
import { mayBeEncrypted, readSopsFile, sopsFileOf } from '../../src/document/sops-file.ts';
import { unlock } from '../../src/document/unlock.ts';
import { GitSopsError } from '../../src/errors.ts';
import { formatNameOf } from '../../src/format/by-path.ts';
import { yaml } from '../../src/format/yaml.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { defaultSelector, type Selector } from '../../src/tree/selector.ts';
import { nearlyPlainFiles } from '../format/generate-plain.ts';
import { yamlFiles } from '../format/generate-yaml.ts';
import { runs } from '../format/runs.ts';

const own = generateKeyFile();
const some: Selector = { kind: 'encrypted_regex', value: '^(data|stringData|password)$' };

async function seal(source: string, selector: Selector, macOnlyEncrypted = false) {
  const dataKey = newDataKey(backend);
  const groups = [[{ kind: 'age', id: own.recipient } as const]];
  const rule = { index: 0, line: 1, pathRegex: null, groups, shamirThreshold: 0, selector, macOnlyEncrypted };
  const metadata = await newFileMetadata(rule, dataKey, 'yaml', backend);
  const parsed = yaml.parse(Buffer.from(source));
  const sealed = await sealFile({
    format: yaml,
    parsed,
    metadata,
    dataKey,
    base: null,
    backend,
    now: () => new Date(),
  });
  return { dataKey, sealed };
}

/** Null where it is refused. */
async function textOf(open: () => Promise<Uint8Array | null>): Promise<string | null> {
  try {
    const bytes = await open();
    return bytes === null ? null : Buffer.from(bytes).toString();
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** By the short way; null also where it does not take the file. */
const short = (sealed: Uint8Array, dataKey: Uint8Array) =>
  textOf(async () => {
    const read = await readPlainly('a.yaml', sealed);
    return read === null ? null : openPlainly(read, dataKey, backend);
  });

/** By way of a parser. */
const long = (sealed: Uint8Array, dataKey: Uint8Array) =>
  textOf(async () => {
    if (!mayBeEncrypted(sealed)) return null;
    const parsed = yaml.parseFully?.(sealed) ?? yaml.parse(sealed);
    if (parsed.metadata === null || !isMetadata(parsed.metadata)) return null;
    return openFile(await sopsFileOf(yaml, parsed), dataKey, backend).bytes;
  });

const secret =
  'apiVersion: v1\nkind: Secret\n# whose\nmetadata:\n    name: db\nstringData:\n    user: "admin"\n    port: 5432\n    flag: \'yes\'\n    url: postgres://a:b@c/d\n    word: ö\n    list:\n        - one\n        - "two"\n';

describe('the short way to the plaintext', () => {
  it.each([
    ['encrypted_regex', some, false],
    ['mac_only_encrypted', some, true],
    ['the default selector', defaultSelector, false],
  ] as const)('takes what most files are: %s', async (_, selector, macOnlyEncrypted) => {
    const source = selector === some ? secret : secret.replace('# whose\n', '');
    const { sealed, dataKey } = await seal(source, selector, macOnlyEncrypted);
    expect(await short(sealed, dataKey)).toBe(source);
    expect(plainLength('a.yaml', sealed)).toBe(Buffer.byteLength(source));
  });

  it('P5: gives nothing of a file that was tampered with, and nothing else than a parser would', async () => {
    const { sealed, dataKey } = await seal(secret, some);
    const other: string[] = [];
    let taken = 0;
    for (let at = 0; at < sealed.length; at++) {
      for (const flip of [1, 0x20]) {
        const changed = Uint8Array.from(sealed, (byte, i) => (i === at ? byte ^ flip : byte));
        const text = await short(changed, dataKey);
        if (text === null) continue;
        taken++;
        if (text !== (await long(changed, dataKey)))
          other.push(Buffer.from(changed.subarray(at - 20, at + 20)).toString());
      }
    }
    expect(other).toEqual([]);
    // A comment in the clear, and what wraps the data key, are not under the MAC.
    expect(taken).toBeLessThan(sealed.length);
  });

  it('P5: does not take ciphertexts that changed places, values or keys in the clear that changed, another data key', async () => {
    const { sealed, dataKey } = await seal('kind: a\npassword: one\ndata:\n    a: two\n    b: two\n', some);
    const text = Buffer.from(sealed).toString();
    const [first = '', second = '', third = ''] = text.match(/ENC\[.*\]/g) ?? [];
    expect(await short(sealed, dataKey)).not.toBe(null);
    for (const changed of [
      text.replace(second, 'x').replace(third, second).replace('x', third),
      text.replace(first, second),
      text.replace(first, 'one'),
      text.replace('kind: a', 'kind: b'),
      text.replace('password:', 'secret:'),
      text.replace(/ {4}b: .*\n/, ''),
      text.replace(/lastmodified: "\d/, 'lastmodified: "3'),
    ]) {
      expect(await short(Buffer.from(changed), dataKey)).toBe(null);
    }
    expect(await short(sealed, newDataKey(backend))).toBe(null);
  });

  it('P3, P5: gives what a parser gives, or nothing', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(nearlyPlainFiles, nearlyPlainFiles, yamlFiles),
        fc.constantFrom(defaultSelector, some),
        async (source, selector) => {
          let made: Awaited<ReturnType<typeof seal>>;
          try {
            made = await seal(source, selector);
          } catch (error) {
            if (error instanceof GitSopsError) return;
            throw error;
          }
          const text = await short(made.sealed, made.dataKey);
          if (text === null) return;
          taken++;
          expect(text).toBe(source);
        },
      ),
      runs(600),
    );
    expect(taken).toBeGreaterThan(20);
  });
});

const folder = join(import.meta.dirname, '../fixtures/sops');
const identities = readFileSync(join(folder, 'identities.txt'), 'utf8').match(/^AGE-SECRET-KEY-.*$/gm) ?? [];
const keyring = createKeyring({ env: { SOPS_AGE_KEY: identities.join(' ') }, platform: 'linux', home: null });
const names = readdirSync(join(folder, 'encrypted')).filter((name) => formatNameOf(name) === 'yaml');

it.each(names)('sops’s %s: the short way gives what a parser gives, or nothing', async (name) => {
  const blob = readFileSync(join(folder, 'encrypted', name));
  const file = await readSopsFile(name, blob);
  if (file === null) throw new Error(`${name} is no sops file`);
  const dataKey = await unlock(file, keyring);
  const text = await short(blob, dataKey);
  if (text !== null) expect(text).toBe(await long(blob, dataKey));
});
