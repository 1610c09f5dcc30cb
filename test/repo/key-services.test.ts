import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { awsKey, Cloud } from '../cloud.ts';
import { hasSops, sops } from '../sops.ts';
import { runtimes } from './runtime.ts';
import { createTeam, secretRule } from './team.ts';

const secret = 'password: hunter2\nuser: admin\n';

describe.skipIf(!hasSops)('keys of clouds inside Git (needs sops)', () => {
  let cloud: Cloud;
  let rules: string;
  beforeAll(async () => {
    cloud = await Cloud.start();
    const rule = (folder: string, key: string) => `  - {path_regex: ^${folder}/, ${key}}\n`;
    rules = `creation_rules:\n${rule('aws', `kms: "${awsKey}"`)}${rule('vault', `hc_vault_transit_uri: "${cloud.vault('k')}"`)}`;
  });
  afterAll(() => cloud?.stop());

  it('are not asked unless the user allows it, whatever a repository says, and then nothing is stored in the clear', async () => {
    const team = await createTeam(() => rules);
    const box = team.box.with(cloud.env);
    await box.write('aws/a.yaml', secret);
    await box.write('vault/v.yaml', secret);
    cloud.requests();
    const refused = async (path: string) => {
      const done = await box.run('git', ['add', path]);
      expect(done.code).not.toBe(0);
      expect(await box.git('ls-files', path)).toBe('');
      expect(cloud.requests()).toEqual([]);
      return done.stderr;
    };
    const allow = 'try: git config --global sops.localKeyservice true';
    expect(await refused('aws/a.yaml')).toMatch(new RegExp(`needs the network.*\\n {2}${allow}`));
    expect(await refused('vault/v.yaml')).toContain(allow);
    await box.git('config', '--global', 'sops.localKeyservice', 'true');
    await box.git('add', 'aws/a.yaml');
    expect(cloud.requests()).toEqual(['me TrentService.Encrypt']);
    // A token would go to whomever the repository names.
    expect(await refused('vault/v.yaml')).toContain(`try: export VAULT_ADDR=ADDRESS `);
    for (const named of [{ VAULT_ADDR: 'http://127.0.0.1' }, { SOPS_HC_VAULT_ALLOWLIST: 'all' }]) {
      const done = await box.with(named).run('git', ['add', 'vault/v.yaml']);
      expect([named, done.code]).not.toEqual([named, 0]);
    }
    expect(cloud.requests()).toEqual([]);
    await box.with({ SOPS_HC_VAULT_ALLOWLIST: `https://x.example, ${cloud.address}` }).git('add', 'vault/v.yaml');
    expect(cloud.requests()).toEqual(['token /v1/transit/encrypt/k']);
    // The command of this very file, typed by somebody, does as sops does.
    await box.git('config', '--global', 'sops.localKeyservice', 'false');
    await box.write('vault/typed.yaml', secret);
    const typed = await box.run('git', ['sops', 'encrypt', '-i', 'vault/typed.yaml']);
    expect([typed.code, typed.stderr]).toEqual([0, '']);
    await box.git('add', 'vault/typed.yaml');
    // One about whatever lies in the repository is no word about that file's host.
    await box.write(
      '.sops.yaml',
      rules.replace('}\n', `, age: ${team.recipient}}\n`).replace(/}\n$/, `, age: ${team.recipient}}\n`),
    );
    cloud.requests();
    for (const wide of [
      ['recipients', 'add', generateKeyFile().recipient, '--path', 'vault/typed.yaml', '--dry-run'],
      ['updatekeys', '--all', '--yes'],
      ['rotate', 'vault'],
    ]) {
      const done = await box.run('git', ['sops', ...wide]);
      const sent = cloud.requests().filter((request) => request.startsWith('token'));
      expect([wide, done.code === 0, sent]).toEqual([wide, false, []]);
      expect(done.stderr).toContain(`the file chose ${cloud.address}`);
    }
    const one = await box.run('git', ['sops', 'updatekeys', '--yes', 'vault/typed.yaml']);
    expect([one.code, cloud.requests().length > 0], one.stderr).toEqual([0, true]);
    const doctor = await box.run('git', ['sops', 'doctor']);
    expect(String(doctor.stdout)).toContain('for keys of a cloud, which are not asked inside Git');
  });

  it.each(runtimes)('%s: once allowed, add, change and check out work as with any key', async (runtime) => {
    const team = await createTeam(() => rules, runtime);
    const box = team.box.with({ ...cloud.env, VAULT_ADDR: cloud.address });
    await box.git('config', '--global', 'sops.localKeyservice', 'true');
    await box.commit({ 'aws/a.yaml': secret, 'vault/v.yaml': secret });
    const blob = await box.blob('HEAD:vault/v.yaml');
    const opened = sops(['decrypt', '--filename-override', 'x.yaml'], { env: cloud.env, input: blob });
    expect(opened.stdout.toString(), opened.stderr).toContain('password: hunter2');
    cloud.requests();
    await box.commit({ 'vault/v.yaml': secret.replace('hunter2', 'hunter3') });
    // The data key stays, and with it what wraps it.
    expect(cloud.requests().filter((request) => request.includes('ncrypt'))).toEqual([]);
    await box.git('clone', '-q', box.repo, join(box.root, 'clone'));
    const clone = box.at(join(box.root, 'clone'));
    expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    expect(await clone.read('vault/v.yaml')).toBe(secret.replace('hunter2', 'hunter3'));
    expect(await clone.read('aws/a.yaml')).toBe(secret);
    expect(await clone.git('status', '--porcelain')).toBe('');
    // Without it again they stay locked, with the sentence that says how to allow it, and nobody is asked.
    await clone.git('config', '--global', '--unset', 'sops.localKeyservice');
    cloud.requests();
    await clone.run('rm', ['-r', 'aws', 'vault']);
    const locked = await clone.run('git', ['checkout', '.']);
    expect(locked.code).toBe(0);
    expect(locked.stderr).toContain('(git config --global sops.localKeyservice true)');
    expect(await clone.read('vault/v.yaml')).toContain('ENC[AES256_GCM');
    expect(cloud.requests()).toEqual([]);
  });

  it('a merge brings both sides’ recipients together, Vault’s among them', async () => {
    const team = await createTeam((own) => `creation_rules:\n  - age: ${own}\n`);
    const box = team.box.with({ ...cloud.env, VAULT_ADDR: cloud.address });
    await box.git('config', '--global', 'sops.localKeyservice', 'true');
    await box.commit({ 's.yaml': 'a: one\nb: two\n' });
    await box.git('checkout', '-qb', 'side');
    await box.run('git', ['sops', 'rotate', '--add-hc-vault-transit', cloud.vault('k'), 's.yaml']);
    // The hook would ask for rules that name them.
    await box.git('commit', '-qnm', 'vault');
    await box.git('checkout', '-q', 'main');
    await box.run('git', ['sops', 'rotate', '--add-kms', awsKey, 's.yaml']);
    await box.write('s.yaml', 'a: one\nb: three\n');
    await box.git('commit', '-qanm', 'kms');
    await box.git('merge', '-q', '--no-verify', 'side');
    const blob = await box.blob('HEAD:s.yaml');
    for (const part of [cloud.address, awsKey, team.recipient]) expect(blob.toString()).toContain(part);
    for (const order of ['kms', 'hc_vault']) {
      const args = ['decrypt', '--decryption-order', order, '--filename-override', 's.yaml'];
      const opened = sops(args, { env: cloud.env, input: blob });
      expect(opened.stdout.toString(), opened.stderr).toBe('a: one\nb: three\n');
    }
  });

  it('a key service that Git’s configuration names opens what nobody here can', async () => {
    const { box, keyFile } = await createTeam(secretRule);
    await box.commit({ 'secrets/db.yaml': secret });
    const socket = join(box.root, 's');
    const env = { ...box.env, SOPS_AGE_KEY_FILE: `${keyFile}.away` };
    const service = spawn('sops', ['keyservice', '--network', 'unix', '--address', socket], { env, stdio: 'ignore' });
    try {
      for (let i = 0; i < 200 && !existsSync(socket); i++) await wait(50);
      await rename(keyFile, `${keyFile}.away`);
      const checkout = async () => {
        await box.run('rm', ['secrets/db.yaml']);
        await box.git('checkout', '.');
        return box.read('secrets/db.yaml');
      };
      expect(await checkout()).toContain('ENC[AES256_GCM');
      await box.git('config', 'sops.keyservice', `unix://${socket}`);
      expect(await checkout()).toBe(secret);
    } finally {
      service.kill();
    }
  });
});
