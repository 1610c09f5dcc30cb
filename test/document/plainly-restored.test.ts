import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { nodeBackend as backend } from '../../src/crypto/node-backend.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { newFileMetadata } from '../../src/document/new-file.ts';
import { openFile } from '../../src/document/open.ts';
import { isPlainlyRestored, type SealedPlainly } from '../../src/document/plainly-restored.ts';
import { sealFile } from '../../src/document/seal.ts';
import { sopsFileOf } from '../../src/document/sops-file.ts';
import { VerifiedTokens } from '../../src/document/verified-tokens.ts';
import { GitSopsError } from '../../src/errors.ts';
import type { Parsed } from '../../src/format/format.ts';
import { yaml } from '../../src/format/yaml.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { defaultSelector, type Selector, selectsOf } from '../../src/tree/selector.ts';
import { nearlyPlainFiles } from '../format/generate-plain.ts';
import { yamlFiles } from '../format/generate-yaml.ts';
import { runs } from '../format/runs.ts';

const own = generateKeyFile();
const ruleOf = (selector: Selector): CreationRule => ({
  index: 0,
  line: 1,
  pathRegex: null,
  groups: [[{ kind: 'age', id: own.recipient }]],
  shamirThreshold: 0,
  selector,
  macOnlyEncrypted: false,
});
const some: Selector = { kind: 'encrypted_regex', value: '^(data|stringData|password)$' };

const fully = (source: Uint8Array) => yaml.parseFully?.(source) ?? yaml.parse(source);

/** A file, what was made of it, and what it opens to by way of a parser. */
async function seal(source: string, selector: Selector): Promise<SealedPlainly & { opened: Uint8Array }> {
  const parsed = yaml.parse(Buffer.from(source));
  const dataKey = newDataKey(backend);
  const metadata = await newFileMetadata(ruleOf(selector), dataKey, 'yaml', backend);
  const now = () => new Date();
  const sealed = await sealFile({ format: yaml, parsed, metadata, dataKey, base: null, backend, now });
  const file = await sopsFileOf(yaml, fully(sealed));
  const { mac, bytes } = openFile(file, dataKey, backend);
  const view = parsed.view(selectsOf(selector));
  const verified = new VerifiedTokens([]);
  return { parsed, view, sealed, metadata: file.metadata, mac, dataKey, backend, verified, opened: bytes };
}

const secret =
  'apiVersion: v1\nkind: Secret\nmetadata:\n    name: db\nstringData:\n    user: "admin"\n    port: 5432\n    flag: \'yes\'\n    url: postgres://a:b@c/d\n    list:\n        - one\n        - "two"\n';

describe('the short way to the proof', () => {
  it.each([defaultSelector, some])('takes what most files are ($kind)', async (selector) => {
    expect(isPlainlyRestored(await seal(secret, selector))).toBe(true);
  });

  it('takes no file in which a byte was changed', async () => {
    const proof = await seal(secret, some);
    const { sealed } = proof;
    expect(isPlainlyRestored(proof)).toBe(true);
    const passed: string[] = [];
    for (let at = 0; at < sealed.length; at++) {
      for (const flip of [1, 0x20]) {
        const changed = Uint8Array.from(sealed, (byte, i) => (i === at ? byte ^ flip : byte));
        if (isPlainlyRestored({ ...proof, sealed: changed }))
          passed.push(Buffer.from(changed.subarray(Math.max(0, at - 20), at + 20)).toString());
      }
    }
    expect(passed).toEqual([]);
  });

  it.each([
    ['another value', (text: string) => text.replace('b@c', 'b@d')],
    ['other quotes', (text: string) => text.replace('"two"', "'two'")],
    ['another name', (text: string) => text.replace('user', 'User')],
    ['a comment', (text: string) => text.replace('kind', '# why\nkind')],
    ['a line more', (text: string) => `${text}more: 1\n`],
    ['another value in the clear', (text: string) => text.replace('name: db', 'name: dc')],
  ])('takes none whose source has %s', async (_, change) => {
    const proof = await seal(secret, some);
    expect(isPlainlyRestored(proof)).toBe(true);
    const parsed = yaml.parse(Buffer.from(change(secret)));
    const view = parsed.view(selectsOf(some));
    expect(isPlainlyRestored({ ...proof, parsed, view })).toBe(false);
    // Nor where the source is the only thing that changed.
    const source = parsed.source;
    expect(isPlainlyRestored({ ...proof, parsed: { ...proof.parsed, source } })).toBe(false);
  });

  it('takes no selected value in the clear, no token in the place of another, no other MAC', async () => {
    const proof = await seal('password: one\ndata:\n    a: two\n    b: two\n', some);
    const text = Buffer.from(proof.sealed).toString();
    const [first = '', second = '', third = ''] = text.match(/ENC\[.*\]/g) ?? [];
    const isTaken = (changed: string) => isPlainlyRestored({ ...proof, sealed: Buffer.from(changed) });
    expect(isTaken(text)).toBe(true);
    expect(isTaken(text.replace(first, 'one'))).toBe(false);
    expect(isTaken(text.replace(second, 'x').replace(third, second).replace('x', third))).toBe(false);
    expect(isTaken(text.replace('b: ', 'b: &a '))).toBe(false);
    expect(isPlainlyRestored({ ...proof, mac: '0'.repeat(128) })).toBe(false);
    expect(isPlainlyRestored({ ...proof, dataKey: newDataKey(backend) })).toBe(false);
  });

  it.each([
    ['comments', 'data: # why\n    a: b\n'],
    ['a block', 'data:\n    a: |\n        b\n'],
    ['spelling that is recorded', 'data:\n    a: "b\\u0063"\n'],
    ['a second document', 'data:\n    a: b\n---\ndata:\n    a: c\n'],
    ['a list in one line', 'data: [a, b]\n'],
    ['a text of two lines', 'data:\n    a: "b\\nc"\n    d: b c\n      d\n'],
    ['letters beyond ASCII', 'data:\n    a: ö\n'],
  ])('leaves %s to the whole one', async (_, source) => {
    expect(isPlainlyRestored(await seal(source, some))).toBe(false);
  });

  it('P1, P3: takes nothing that does not open to its source by way of a parser', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(nearlyPlainFiles, nearlyPlainFiles, yamlFiles),
        fc.constantFrom(defaultSelector, some),
        async (source, selector) => {
          let proof: Awaited<ReturnType<typeof seal>>;
          try {
            proof = await seal(source, selector);
          } catch (error) {
            if (error instanceof GitSopsError) return;
            throw error;
          }
          if (!isPlainlyRestored(proof)) return;
          taken++;
          expect(Buffer.from(proof.opened).toString()).toBe(source);
        },
      ),
      runs(600),
    );
    expect(taken).toBeGreaterThan(20);
  });
});

it('the proof of a file does not rest on the reader that made it', async () => {
  const source = Buffer.from('kind: Secret\npassword: hunter2\n');
  // One that sees no values, and so leaves them all in the clear.
  const blind = (bytes: Uint8Array): Parsed => ({
    format: 'yaml',
    source: bytes,
    metadata: fully(bytes).metadata,
    view: () => ({
      leaves: [],
      layout: [],
      seal: (seal) =>
        fully(bytes)
          .view(() => false)
          .seal(seal),
      open: () => source,
    }),
  });
  const dataKey = newDataKey(backend);
  const metadata = await newFileMetadata(ruleOf(some), dataKey, 'yaml', backend);
  const request = { parsed: blind(source), metadata, dataKey, base: null, backend, now: () => new Date() };
  const alone = await sealFile({ ...request, format: { name: 'yaml', parse: blind } });
  expect(Buffer.from(alone).toString()).toContain('hunter2');
  await expect(sealFile({ ...request, format: { ...yaml, parse: blind } })).rejects.toMatchObject({
    code: 'not-restorable',
    facts: { keyPath: 'password' },
  });
});
