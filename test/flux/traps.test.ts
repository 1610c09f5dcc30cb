import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { traps } from '../../src/commands/flux/trap.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';
import { applied, cluster, hasFlux } from './lab.ts';
import { cases } from './traps.ts';

interface Finding {
  readonly kind: string;
  readonly path: string;
}

let box: Sandbox;
let findings: Finding[] = [];
const cli = () => process.env['GIT_SOPS_TEST_CLI'] ?? '';

beforeAll(async () => {
  box = await createSandbox();
  for (const { name, files } of cases) {
    for (const [path, content] of Object.entries(await files())) {
      const file = join(box.repo, name, path);
      await mkdir(dirname(file), { recursive: true });
      if (typeof content === 'string') await writeFile(file, content);
      else await symlink(content.link, file);
    }
  }
  await box.git('add', '--all');
  const folders = cases.map(({ name }) => name);
  const args = [cli(), 'flux', 'check', '--json', '--recipient', cluster.recipient, ...folders];
  const done = await box.run(process.execPath, args);
  expect(done.stderr).toBe('');
  expect(done.code).toBe(1);
  findings = JSON.parse(done.stdout.toString()).findings;
});
afterAll(() => box.remove());

/** What is applied, with the data of Secrets as text. */
function readable(stdout: string): string {
  const documents = parseAllDocuments(stdout).map((document) => document.toJS());
  const data = documents.flatMap((document) =>
    Object.values<string>(document?.kind === 'Secret' ? (document.data ?? {}) : {}),
  );
  return [stdout, ...data.map((text) => Buffer.from(text, 'base64').toString('latin1'))].join('\n');
}

describe('what Flux would meet', () => {
  it.each(cases)('$name: $kind', ({ name, kind }) => {
    const here = findings.filter(({ path }) => path.startsWith(`${name}/`)).map((finding) => finding.kind);
    expect([...new Set(here)]).toEqual(kind === null ? [] : [kind]);
  });

  it('every kind of trap of a file has a case that makes it', () => {
    const aboutRules = ['no-decryption', 'no-key-secret', 'rule-without-cluster'];
    const made = new Set([...cases.map(({ kind }) => kind), ...aboutRules]);
    expect(Object.keys(traps).filter((kind) => !made.has(kind as never))).toEqual([]);
  });

  describe.runIf(hasFlux)("kustomize-controller's own decryptor agrees", () => {
    beforeAll(async () => {
      const secret = await box.run(process.execPath, [cli(), 'flux', '--identity', '-'], { input: cluster.text });
      const stanza = await box.run(process.execPath, [cli(), 'flux', 'decryption']);
      await writeFile(join(box.root, 'secret.yaml'), secret.stdout);
      await writeFile(
        join(box.root, 'kustomization.yaml'),
        `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: k\n  namespace: flux-system\n${stanza.stdout}`,
      );
    });

    it.each(cases)('$name: $flux', async ({ name, flux }) => {
      const files = { kustomization: join(box.root, 'kustomization.yaml'), secret: join(box.root, 'secret.yaml') };
      const { code, stdout, stderr } = await applied(box.repo, name, files);
      const shown = readable(stdout);
      const made =
        code !== 0
          ? 'fails'
          : shown.includes('ENC[AES256_GCM,')
            ? 'ciphertext'
            : /^\{\s*"data":/m.test(shown)
              ? 'spoiled'
              : 'decrypted';
      expect(made, stderr).toBe(flux);
      if (made === 'decrypted') expect(shown).toContain('hunter2');
    });
  });
});
