import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsKey, awsRole, Cloud, gcpKey } from '../cloud.ts';
import { GnuPg, hasGnuPg } from '../gnupg.ts';
import { hasSops } from '../sops.ts';
import { Lab, me, other } from './lab.ts';

const pairs = [
  ['ours', 'sops'],
  ['sops', 'ours'],
] as const;
const tools = ['sops', 'ours'] as const;

/** Metadata without what no two runs have in common. */
const shapeOf = (text: string) =>
  text
    .slice(text.indexOf('sops:'))
    .replace(/ENC\[AES256_GCM,[^\]]*/g, 'ENC[')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME')
    .replace(/(enc: ).*(?:\n *-----BEGIN AGE[\s\S]*?END AGE.*)?/g, '$1WRAPPED');

const real = process.env['PATH']?.split(delimiter).find((folder) => existsSync(join(folder, 'sops'))) ?? '';

describe.skipIf(!hasSops)('keys of clouds, by the sops that is installed (needs sops)', () => {
  let lab: Lab;
  let cloud: Cloud;
  beforeAll(async () => {
    lab = new Lab();
    cloud = await Cloud.start();
    lab.write(
      '.sops.yaml',
      `creation_rules:
  - path_regex: ^flat
    kms: "${awsKey}+${awsRole},${awsKey}2"
    aws_profile: other
    gcp_kms: [${gcpKey}]
    hc_vault_transit_uri: ${cloud.vault('k')}
  - path_regex: ^groups
    shamir_threshold: 2
    key_groups:
      - kms:
          - {arn: ${awsKey}, role: ${awsRole}, context: {Stage: prod, app: x}, aws_profile: other}
          - arn: ${awsKey}2
        merge:
          - gcp_kms: [resource_id: ${gcpKey}]
      - hc_vault: [${cloud.vault('k')}]
      - age: [${other.recipient}]
  - age: ${me.recipient}
`,
    );
  });
  afterAll(() => {
    lab?.remove();
    cloud?.stop();
  });

  it.each(['flat', 'groups'])('%s: the metadata is what sops writes, and each opens the other’s', (rule) => {
    const { env } = cloud;
    const input = 'a: secret\n';
    const [theirs, own] = tools.map((tool) => {
      cloud.requests();
      const done = lab[tool](['encrypt', '--filename-override', `${rule}.yaml`], { env, input });
      expect([tool, done.code], done.stderr).toEqual([tool, 0]);
      // The role is taken on, and the profile is the one that is named.
      expect(cloud.requests()).toContain('ofrole TrentService.Encrypt');
      return done.stdout.toString();
    });
    expect(shapeOf(own ?? '')).toBe(shapeOf(theirs ?? ''));
    for (const order of ['kms', 'gcp_kms', 'hc_vault']) {
      for (const [tool, text = ''] of [
        ['ours', theirs],
        ['sops', own],
      ] as const) {
        cloud.requests();
        const args = ['decrypt', '--decryption-order', order, '--filename-override', 'x.yaml'];
        const done = lab[tool](args, { env, input: text });
        expect([tool, order, done.stdout.toString()], done.stderr).toEqual([tool, order, input]);
        if (rule === 'flat') {
          const asked = { kms: 'ofrole TrentService.Decrypt', gcp_kms: ':decrypt', hc_vault: 'token /v1/transit' }[
            order
          ];
          expect(cloud.requests().at(-1)).toContain(asked ?? 'nobody');
        }
      }
    }
    const closed = lab.ours(['decrypt', '--filename-override', 'x.yaml'], { input: own ?? '' });
    expect([closed.code, closed.stderr]).toEqual([128, expect.stringContaining(`kms:${awsKey}`)]);
  });

  it.each(pairs)(
    'flags: %s wraps for keys with context and profile, %s opens; and for rotate, groups and edit',
    (writer, reader) => {
      const { env } = cloud;
      const aws = ['--aws-profile', 'other', '--encryption-context', 'Stage:prod,app:x'];
      const flags = ['--kms', awsKey, ...aws, '--gcp-kms', gcpKey, '--hc-vault-transit', cloud.vault('k')];
      lab.write('f.yaml', lab[writer](['encrypt', ...flags, 'p.yaml'], { env }).stdout);
      expect(cloud.requests()).toContain('ofprofile TrentService.Encrypt');
      expect(lab.read('f.yaml')).toContain('Stage: prod');
      const opened = (order: string, name = 'f.yaml', more = {}) =>
        lab[reader](['decrypt', '--decryption-order', order, name], { env: { ...env, ...more } }).code;
      expect(['kms', 'gcp_kms', 'hc_vault'].map((order) => opened(order))).toEqual([0, 0, 0]);
      // The context is a part of the key: with another one AWS does not open it.
      lab.write(
        'w.yaml',
        lab
          .read('f.yaml')
          .replace(/Stage: prod/g, 'Stage: test')
          .replace(/^ {4}(?:gcp_kms|hc_vault):\n(?: {8}.*\n)*/gm, ''),
      );
      expect(opened('kms', 'w.yaml')).toBe(128);
      const rotated = lab[writer](['rotate', '-i', '--rm-gcp-kms', gcpKey, '--add-kms', `${awsKey}3`, 'f.yaml'], {
        env,
      });
      expect(rotated.code, rotated.stderr).toBe(0);
      expect(lab.read('f.yaml')).not.toContain(gcpKey);
      expect(lab.read('f.yaml')).toContain(`${awsKey}3`);
      expect(opened('kms')).toBe(0);
      const group = ['groups', 'add', '-i', '--file', 'f.yaml', '--gcp-kms', gcpKey, '--age', other.recipient];
      expect(lab[writer](group, { env }).code).toBe(0);
      expect(opened('gcp_kms,kms')).toBe(0);
      expect(
        opened('gcp_kms,kms', 'f.yaml', {
          AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
          AWS_MAX_ATTEMPTS: '1',
          VAULT_TOKEN: 'token',
        }),
      ).toBe(0);
      lab.write('ed.sh', '#!/bin/sh\nsed -i s/secret/changed/ "$1"\n');
      const edit = lab[writer](['edit', 'f.yaml'], { env: { ...env, EDITOR: `sh ${join(lab.folder, 'ed.sh')}` } });
      expect(edit.code, edit.stderr).toBe(0);
      expect(lab[reader](['decrypt', 'f.yaml'], { env }).stdout.toString()).toContain('changed');
    },
  );

  it('says what is missing: sops itself, a version, an identifier that is one, a context that is one', () => {
    const { env } = cloud;
    const nobody = { ...env, PATH: '/usr/bin:/bin' };
    const without = lab.ours(['encrypt', '--hc-vault-transit', cloud.vault('k'), 'p.yaml'], { env: nobody });
    expect([without.code, without.stdout.length]).toEqual([1, 0]);
    expect(without.stderr).toMatch(/the program sops is not installed here\n {2}try: install sops .*SOPS_KEYSERVICE/);
    for (const [code, part, ...flags] of [
      [1, 'without its version, which only Azure can tell', '--azure-kv', 'https://v.vault.azure.net/keys/k'],
      [1, 'names a key of type azure_kv that is not one', '--azure-kv', 'https://v.vault.azure.net/k'],
      [1, 'names a key of type hckms that is not one', '--hckms', 'nowhere'],
      [1, 'invalid region "nowhere"', '--hckms', 'nowhere:k'],
      [1, 'names a key of type kms that is not one', '--kms', 'arn:aws:kms:evil.example/x:1:key/k'],
      [1, 'names a key of type hc_vault that is not one', '--hc-vault-transit', 'vault.example/v1/transit/keys/k'],
      [6, '--encryption-context takes key:value pairs', '--kms', awsKey, '--encryption-context', 'a'],
    ] as const) {
      const huawei = { HUAWEICLOUD_SDK_AK: 'a', HUAWEICLOUD_SDK_SK: 'b', HUAWEICLOUD_SDK_PROJECT_ID: 'p' };
      const done = lab.ours(['encrypt', ...flags, 'p.yaml'], { env: { ...env, ...huawei } });
      expect([done.code, done.stderr]).toEqual([code, expect.stringContaining(part)]);
      expect(done.stdout.length).toBe(0);
    }
    expect(lab.sops(['encrypt', '--kms', awsKey, '--encryption-context', 'a', 'p.yaml'], { env }).code).toBe(6);
  });

  it('starts no program of the folder that it is in, nor itself, and leaves nobody behind, however it ends', async () => {
    const { env } = cloud;
    const temporary = join(lab.folder, 'tmp');
    mkdirSync(temporary);
    lab.write('v.yaml', lab.ours(['encrypt', '--hc-vault-transit', cloud.vault('k'), 'p.yaml'], { env }).stdout);
    for (const name of ['sops', 'cat', 'rm', 'rmdir', 'kill']) {
      writeFileSync(join(lab.folder, name), `#!/bin/sh\n: >"${join(lab.folder, 'taken')}"\n`, { mode: 0o755 });
    }
    const own = join(lab.folder, 'bin');
    const PATH = `.${delimiter}${delimiter}${own}${delimiter}${real}${delimiter}${process.env['PATH']}`;
    // A runtime folder that others can enter is none.
    const open = join(lab.folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const entered = statSync(open).mtimeMs;
    const done = lab.named(['-d', 'v.yaml'], { env: { ...env, PATH, TMPDIR: temporary, XDG_RUNTIME_DIR: open } });
    expect(statSync(open).mtimeMs).toBe(entered);
    expect([done.code, done.stdout.toString()], done.stderr).toEqual([0, lab.read('p.yaml')]);
    await until(() => readdirSync(temporary).length === 0);
    expect(existsSync(join(lab.folder, 'taken'))).toBe(false);
    // Killed while its command runs, with the key service beside it.
    const command = `touch ${join(lab.folder, 'runs')}; sleep 60`;
    const cli = process.env['GIT_SOPS_TEST_CLI'] ?? '';
    const child = spawn(process.execPath, [cli, 'edit', 'v.yaml'], {
      cwd: lab.folder,
      env: {
        PATH: `${real}:${process.env['PATH']}`,
        ...env,
        TMPDIR: temporary,
        EDITOR: `sh -c '${command}' --`,
        HOME: lab.folder,
      },
      stdio: 'ignore',
      detached: true,
    });
    await until(() => existsSync(join(lab.folder, 'runs')));
    expect(readdirSync(temporary).some((name) => existsSync(join(temporary, name, 's')))).toBe(true);
    child.kill('SIGKILL');
    await until(() => !readdirSync(temporary).some((name) => existsSync(join(temporary, name, 's'))));
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  });
});

/** @param holds what must become true within ten seconds */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i++) await wait(50);
  expect(holds()).toBe(true);
}

describe.skipIf(!hasSops || !hasGnuPg)('a key service that the user names (needs sops and GnuPG)', () => {
  let lab: Lab;
  let ada: GnuPg;
  const services: ChildProcess[] = [];
  let unix: string;
  let tcp: string;
  beforeAll(async () => {
    [lab, ada] = [new Lab(), new GnuPg('ada')];
    lab.write('.sops.yaml', `creation_rules:\n  - pgp: ${ada.fingerprint}\n    age: ${me.recipient}\n`);
    unix = `unix://${join(ada.home, 's')}`;
    tcp = `tcp://127.0.0.1:${20_000 + (process.pid % 20_000)}`;
    const env = { ...process.env, ...ada.env, SOPS_AGE_KEY_FILE: join(lab.folder, 'keys.txt') };
    for (const [network, address] of [
      ['unix', unix.slice('unix://'.length)],
      ['tcp', tcp.slice('tcp://'.length)],
    ]) {
      const args = ['keyservice', '--network', network ?? '', '--address', address ?? ''];
      services.push(spawn(join(real, 'sops'), args, { env, stdio: 'ignore' }));
    }
    await until(() => existsSync(join(ada.home, 's')));
  });
  afterAll(() => {
    for (const service of services) service.kill();
    for (const one of [lab, ada]) one?.remove();
  });

  it('opens and wraps with its keys, of age and PGP, where there are none here', () => {
    // No key here, and none to be used.
    const env = { SOPS_AGE_KEY_FILE: '/dev/null', SOPS_GPG_EXEC: '/nowhere/gpg' };
    for (const kind of [
      ['--age', me.recipient],
      ['--pgp', ada.fingerprint],
    ]) {
      for (const [uri, ...more] of [[unix], [tcp], [unix, '--enable-local-keyservice=false']]) {
        const service = ['--keyservice', uri ?? '', ...more];
        const input = lab.read('p.yaml');
        const override = ['--filename-override', 'p.yaml'];
        const made = lab.ours(['encrypt', ...kind, ...service, ...override], { env, input });
        expect([kind[0], uri, made.code], made.stderr).toEqual([kind[0], uri, 0]);
        for (const tool of tools) {
          const opened = lab[tool](['decrypt', ...service, ...override], { env, input: made.stdout });
          expect([tool, opened.code], opened.stderr).toEqual([tool, 0]);
        }
        expect(lab.ours(['decrypt', ...override], { env, input: made.stdout }).code).toBe(128);
        const named = lab.ours(['decrypt', ...override], {
          env: { ...env, SOPS_KEYSERVICE: `unix:///nowhere,${uri}` },
          input: made.stdout,
        });
        expect(named.code, named.stderr).toBe(0);
      }
    }
  });

  it('alone is asked where the keys of this machine are not to be used', () => {
    const old = ['--enable-local-keyservice=false', '-d', 'e.yaml'];
    for (const args of [['decrypt', '--enable-local-keyservice=false', 'e.yaml'], old]) {
      const codes = [lab.sops(args).code, lab.named(args).code];
      expect(codes, args.join(' ')).toEqual([128, 128]);
    }
    const env = { SOPS_ENABLE_LOCAL_KEYSERVICE: 'false' };
    expect(tools.map((tool) => lab[tool](['decrypt', 'e.yaml'], { env }).code)).toEqual([128, 128]);
    expect(tools.map((tool) => lab[tool](['decrypt', '--keyservice', unix, 'e.yaml'], { env }).code)).toEqual([0, 0]);
  });

  it('that does not answer, or is none, is told of, and the rest goes on', () => {
    lab.write('g.yaml', lab.sops(['encrypt', '--pgp', ada.fingerprint, 'p.yaml'], { env: ada.env }).stdout);
    const env = { SOPS_GPG_EXEC: '/nowhere/gpg' };
    const refused = lab.ours(['decrypt', '--keyservice', 'tcp://127.0.0.1:1', 'g.yaml'], { env });
    expect([refused.code, refused.stderr]).toEqual([
      128,
      expect.stringContaining('nobody answers at tcp://127.0.0.1:1'),
    ]);
    const none = lab.ours(['decrypt', '--keyservice', 'https://example.com', 'g.yaml'], { env });
    expect([none.code, none.stderr]).toEqual([
      128,
      expect.stringContaining('is neither tcp://HOST:PORT nor unix:///PATH'),
    ]);
    expect(lab.ours(['decrypt', '--keyservice', 'tcp://127.0.0.1:1', 'e.yaml'], { env }).code).toBe(0);
    // GnuPG there answers for a key that it does not have.
    const unknown = lab.ours(['encrypt', '--pgp', 'F'.repeat(40), '--keyservice', unix, 'p.yaml'], { env: ada.env });
    expect([unknown.code, unknown.stdout.length]).toEqual([1, 0]);
  });
});

describe.skipIf(!hasSops)('what a key service is asked (needs sops)', () => {
  let lab: Lab;
  let service: ChildProcess;
  let uri = '';
  beforeAll(async () => {
    lab = new Lab();
    service = spawn(process.execPath, ['test/key-service-stand-in.mjs', join(lab.folder, 'asked')]);
    const [port] = await once(service.stdout as NonNullable<typeof service.stdout>, 'data');
    uri = `tcp://127.0.0.1:${String(port).trim()}`;
  });
  afterAll(() => {
    service?.kill();
    lab?.remove();
  });

  const asked = () => {
    const lines = lab.read('asked').trim().split('\n');
    rmSync(join(lab.folder, 'asked'));
    return lines.sort();
  };

  // The clouds themselves are asked by sops, at the other end: here is what says which key is meant.
  it.each([
    [
      'Azure Key Vault',
      1,
      ['--azure-kv', 'https://vault-1.vault.azure.net/keys/key-1/0123456789abcdef0123456789abcdef'],
    ],
    ['Huawei Cloud', 1, ['--hckms', 'tr-west-1:01234567-89ab-cdef-0123-456789abcdef']],
    ['AWS', 1, ['--kms', `${awsKey}+${awsRole}`, '--encryption-context', 'Stage:prod', '--aws-profile', 'other']],
    ['GCP', 1, ['--gcp-kms', gcpKey]],
    ['Vault', 1, ['--hc-vault-transit', 'https://vault.example:8200/v1/transit/keys/key-1']],
    ['several', 3, ['--hckms', 'tr-west-1:a', '--gcp-kms', gcpKey, '--azure-kv', 'https://v.vault.azure.net/keys/k/1']],
  ])('for %s in the very messages of sops, and each opens the other’s', (_cloud, count, flags) => {
    // Nothing here can reach a cloud, nor would be asked.
    const env = { SOPS_AGE_KEY_FILE: '/dev/null' };
    const only = ['--enable-local-keyservice=false', '--keyservice', uri];
    const made = tools.map((tool) => {
      const { code, stdout, stderr } = lab[tool](['encrypt', ...only, ...flags, 'single.yaml'], { env });
      expect([tool, code], stderr).toEqual([tool, 0]);
      return { text: stdout.toString(), messages: asked() };
    });
    expect(made[1]?.messages).toEqual(made[0]?.messages);
    expect(made[0]?.messages.length).toBeGreaterThanOrEqual(count);
    expect(shapeOf(made[1]?.text ?? '')).toBe(shapeOf(made[0]?.text ?? ''));
    for (const { text } of made) {
      const opened = tools.map((tool) => {
        const { code, stdout, stderr } = lab[tool](['decrypt', ...only, '--filename-override', 'single.yaml'], {
          env,
          input: text,
        });
        expect([tool, code], stderr).toEqual([tool, 0]);
        return { values: stdout.toString(), messages: asked() };
      });
      expect(opened[1]?.messages).toEqual(opened[0]?.messages);
      expect(opened[1]?.messages[0]).toMatch(/^Decrypt /);
      expect(opened[1]?.values).toContain('a: text');
    }
  });
});
