import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GitSopsError } from '../../src/errors.ts';
import type { Parsed } from '../../src/format/format.ts';
import { yaml } from '../../src/format/yaml.ts';
import { yamlFiles } from './generate-yaml.ts';
import { runs } from './runs.ts';
import { type Tokens, usual, Vault } from './vault.ts';

const vault = Vault.loose();

/** Null for what sops refuses too. */
function parseOrRefuse(text: string): Parsed | null {
  try {
    const parsed = yaml.parse(Buffer.from(text));
    parsed.view(usual);
    return parsed;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

test('P3: smudge(clean(file)) is the file, byte for byte', () => {
  let accepted = 0;
  fc.assert(
    fc.property(yamlFiles, (text) => {
      if (parseOrRefuse(text) === null) return;
      accepted++;
      expect(vault.open(yaml, vault.seal(yaml, text)).toString()).toBe(text);
    }),
    runs(500),
  );
  expect(accepted).toBeGreaterThan(100);
});

test('P1: no selected value or comment stays in the clear', () => {
  fc.assert(
    fc.property(yamlFiles, (text) => {
      if (parseOrRefuse(text) === null) return;
      const { leaves } = yaml.parse(vault.seal(yaml, text)).view(usual);
      for (const { selected, plaintext, kind, ...leaf } of leaves) {
        if (!selected || plaintext.length === 0 || ('type' in leaf && leaf.type === 'null')) continue;
        expect(`${kind} ${plaintext}`).toMatch(/^\w+ ENC\[AES256_GCM,[^\]]*\]$/);
      }
    }),
    runs(300),
  );
});

test('P2: the same file over its own ciphertext gives the same bytes', () => {
  fc.assert(
    fc.property(yamlFiles, (text) => {
      if (parseOrRefuse(text) === null) return;
      const sealed = vault.seal(yaml, text);
      const like = yaml.parse(sealed);
      const reuse: Tokens = new Map();
      vault.open(yaml, Buffer.from(sealed), usual, reuse);
      const again = vault.seal(yaml, text, { like, reuse, metadata: like.metadata ?? {} });
      expect(Buffer.from(again).toString()).toBe(Buffer.from(sealed).toString());
    }),
    runs(300),
  );
});
