import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { hasSops, sops } from '../sops.ts';
import { createTeam, type Team } from './team.ts';

type Kind = 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary';

interface Input {
  readonly path: string;
  readonly kind: Kind;
  readonly content: Buffer;
  /** Must not be found in the blob. */
  readonly secrets: readonly string[];
  /** What real sops is told to set in the blob: key path, JSON value, and how it then shows. */
  readonly set: readonly [path: string, value: string, shown: string] | null;
}

const input = (name: string) => readFileSync(join(import.meta.dirname, '../inputs', name));

const inputs: readonly Input[] = [
  {
    path: 'clusters/prod/shop-secret.yaml',
    kind: 'yaml',
    content: input('flux-secret.yaml'),
    secrets: ['s3cr3t', 'p%23ss', 'BEGIN CERTIFICATE', 'listen =', 'Folded', 'hooks.example', 'readers have'],
    set: ['["stringData"]["port"]', '"9443"', 'port: "9443"'],
  },
  {
    path: 'clusters/prod/apps-secrets.yaml',
    kind: 'yaml',
    content: input('flux-secrets-multi.yaml'),
    secrets: ['eyJhdXRocyI6', 'LS0tLS1CRUdJTi', 'hunter2'],
    set: null,
  },
  {
    path: 'charts/shop/values.secret.yaml',
    kind: 'yaml',
    content: input('helm-values.yaml'),
    secrets: ['hunter', 'rotate me', 'registry.example', '0027', '2024-02-29', '@section'],
    set: ['["postgresql"]["auth"]["password"]', '"hunter6"', 'hunter6'],
  },
  {
    path: 'charts/shop/app.env',
    kind: 'dotenv',
    content: input('app.env'),
    secrets: ['hunter', 'production', 'Grüße', 'Local settings', 'line two'],
    set: ['["PORT"]', '"9443"', 'PORT=9443'],
  },
  {
    path: 'charts/shop/docker-config.json',
    kind: 'json',
    content: input('docker-config.json'),
    secrets: ['c2hvcDpod', 'ops@example', 'table {{', '30.0'],
    set: ['["auths"]["registry.example.invalid"]["auth"]', '"bmV3"', '"auth": "bmV3"'],
  },
  {
    path: 'charts/shop/tls.key',
    kind: 'binary',
    // Thrown away with the test.
    content: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }),
    secrets: [],
    set: null,
  },
  {
    path: 'charts/shop/tls.pem',
    kind: 'binary',
    content: Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
    secrets: ['PRIVATE KEY'],
    set: null,
  },
  { path: 'charts/shop/keystore.p12', kind: 'binary', content: randomBytes(5_000_000), secrets: [], set: null },
  {
    path: 'charts/shop/large.yaml',
    kind: 'yaml',
    content: Buffer.from(`ca: |\n${`    ${'hunter2 '.repeat(9)}\n`.repeat(65_000)}user: admin\n`),
    secrets: ['hunter2'],
    set: ['["user"]', '"root"', 'user: root'],
  },
];

/** As a Flux repository has it: manifests by their two fields, all else as a whole. */
const rules = (recipient: string) => `creation_rules:
  - path_regex: ^clusters/.*secrets?\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: ${recipient}
  - path_regex: ^charts/
    age: ${recipient}
`;

/** What the file says, without how it is spelled. */
function meaningOf(kind: Kind, content: Buffer): unknown {
  const text = content.toString();
  if (kind === 'binary') return content.toString('base64');
  if (kind === 'json') return JSON.parse(text);
  if (kind === 'yaml') return parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS());
  return text.split('\n').filter((line) => line !== '');
}

/** All of them in one repository: each test touches its own path only. */
let team: Team;
beforeAll(async () => {
  team = await createTeam(rules);
  await team.box.commit(Object.fromEntries(inputs.map(({ path, content }) => [path, content])));
  return () => team.box.remove();
});

/** Takes the working file away and lets Git write what the index holds. */
async function smudge(path: string): Promise<Buffer> {
  const { box } = team;
  await rm(join(box.repo, path));
  await box.git('checkout', '--', path);
  return box.readBytes(path);
}

describe('inputs', () => {
  it('every file of test/inputs is tried', () => {
    const all = readdirSync(join(import.meta.dirname, '../inputs')).filter((name) => name !== 'README.md');
    const tried = all.filter((name) => inputs.some(({ content }) => content.equals(input(name))));
    expect(tried).toEqual(all);
  });
});

describe.each(inputs)('$path', ({ path, kind, content, secrets, set }) => {
  it('P1, P2, P3: no secret in the blob; smudge(clean(file)) is the file; adding it again is the same blob', async () => {
    const { box } = team;
    const blob = await box.blob(`HEAD:${path}`);
    expect(blob.includes('ENC[AES256_GCM,')).toBe(true);
    for (const secret of secrets) expect(blob.includes(secret), secret).toBe(false);
    expect((await smudge(path)).equals(content)).toBe(true);
    await box.git('rm', '-q', '--cached', path);
    await box.git('add', path);
    expect(await box.git('status', '--porcelain', path)).toBe('');
    expect((await team.sops('check', path)).code).toBe(0);
  });

  it.skipIf(!hasSops)(
    'P4: real sops decrypts and verifies it, and what it sets and rotates comes back (needs sops)',
    async () => {
      const { box, keyFile } = team;
      const env = { SOPS_AGE_KEY_FILE: keyFile };
      const stored = join(box.root, `stored-${basename(path)}`);
      const types = ['--input-type', kind, '--output-type', kind];
      await writeFile(stored, await box.blob(`HEAD:${path}`));
      const decrypted = sops(['decrypt', ...types, stored], { env });
      expect(decrypted.stderr).toBe('');
      expect(decrypted.code).toBe(0);
      if (kind === 'binary') expect(decrypted.stdout.equals(content)).toBe(true);
      else expect(meaningOf(kind, decrypted.stdout)).toEqual(meaningOf(kind, content));

      for (const edit of [
        set === null ? null : ['set', ...types, stored, set[0], set[1]],
        ['rotate', '-i', ...types, stored],
      ]) {
        if (edit === null) continue;
        const done = sops(edit, { env });
        expect(done.code, done.stderr).toBe(0);
        const oid = await box.git('hash-object', '-w', '--no-filters', stored);
        await box.git('update-index', '--cacheinfo', `100644,${oid},${path}`);
        const opened = await smudge(path);
        if (set !== null) expect(opened.toString()).toContain(set[2]);
        else if (kind === 'binary') expect(opened.equals(content)).toBe(true);
        else expect(meaningOf(kind, opened)).toEqual(meaningOf(kind, content));
        // clean(smudge(blob)) is the blob, though sops wrote it.
        await writeFile(join(box.repo, path), await readFile(join(box.repo, path)));
        await box.git('add', '--renormalize', path);
        expect(await box.git('rev-parse', `:${path}`)).toBe(oid);
      }
    },
  );
});
