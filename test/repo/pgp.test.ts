import { spawnSync } from 'node:child_process';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GnuPg, hasGnuPg } from '../gnupg.ts';
import { hasTerminal, onTerminal } from '../on-terminal.ts';
import type { Finished, Sandbox } from '../sandbox.ts';
import { hasSops, sops } from '../sops.ts';
import { runtimes } from './runtime.ts';
import { createTeam, type Team } from './team.ts';

const secret = 'password: hunter2\nuser: admin\n';
const ruleFor = ({ fingerprint }: GnuPg) => `creation_rules:\n  - path_regex: ^secrets/\n    pgp: ${fingerprint}\n`;
const withPgp = (box: Sandbox, { env }: GnuPg) => box.with(env);

/** Somebody's clone of a repository with rules for PGP keys. */
async function cloneOf(from: Sandbox, who: GnuPg, team: Team): Promise<Sandbox> {
  const box = withPgp(team.box, who);
  await box.git('clone', '-q', from.repo, join(box.root, 'clone'));
  return box.at(join(box.root, 'clone'));
}

/** All secrets anew. @param around what runs Git */
async function checkout(box: Sandbox, ...around: string[]): Promise<Finished> {
  await box.run('rm', ['-r', 'secrets']);
  const [program = 'git', ...args] = [...around, 'git', 'checkout', 'HEAD', '--', 'secrets'];
  return box.run(program, args);
}

/**
 * Secrets that the author cannot open. Of some age: Git cleans a file again that was written in the second of its index.
 */
async function commitOld(box: Sandbox, ...names: string[]): Promise<void> {
  for (const name of names) {
    await box.write(`secrets/${name}.yaml`, secret);
    await utimes(box.path(`secrets/${name}.yaml`), 0, 1_500_000_000);
  }
  await box.commit();
}

describe.skipIf(!hasGnuPg)('PGP keys inside Git (needs GnuPG)', () => {
  let ada: GnuPg;
  let bob: GnuPg;
  beforeAll(() => {
    [ada, bob] = [new GnuPg('ada'), new GnuPg('bob', 'open sesame')];
    ada.importFrom(bob);
    ada.answerWith('echo "ERR 83886179 cancelled"');
  });
  afterAll(() => {
    for (const one of [ada, bob]) one?.remove();
  });

  it.each(runtimes)('%s: add, change, check out; the blob is one that real sops opens', async (runtime) => {
    const team = await createTeam(() => ruleFor(ada), runtime);
    const box = withPgp(team.box, ada);
    await box.commit({ 'secrets/db.yaml': secret });
    await box.commit({ 'secrets/db.yaml': secret.replace('hunter2', 'hunter3') });
    const [before, after] = [await box.blob('HEAD~:secrets/db.yaml'), await box.blob('HEAD:secrets/db.yaml')];
    expect(after.toString()).toContain(`fp: ${ada.fingerprint}`);
    expect(after.toString()).not.toContain('hunter');
    // A changed value changes its own line, time and MAC, and no wrapped key.
    const lines = (blob: Buffer) => blob.toString().split('\n');
    expect(lines(after).filter((line, i) => line !== lines(before)[i]).length).toBeLessThanOrEqual(3);
    if (hasSops) {
      const opened = sops(['decrypt', '--filename-override', 'x.yaml'], { env: ada.env, input: after });
      expect(opened.stdout.toString(), opened.stderr).toContain('password: hunter3');
    }
    await box.git('checkout', '-q', 'HEAD~');
    expect(await box.read('secrets/db.yaml')).toBe(secret);
    expect(await box.git('status', '--porcelain')).toBe('');
    const { files } = JSON.parse(String((await box.run('git', ['sops', 'status', '--json'])).stdout));
    expect(files[0].you).toEqual([`pgp:${ada.fingerprint}`]);
  });

  it('without the secret key all goes on, and without the public one nothing is stored in the clear', async () => {
    const team = await createTeam(() => ruleFor(bob));
    const box = withPgp(team.box, ada);
    await commitOld(box, 'db', 'new');
    await box.git('rm', '-q', '--cached', 'secrets/db.yaml');
    await box.git('checkout', '-q', 'HEAD', '--', 'secrets/db.yaml');
    expect(await box.read('secrets/db.yaml')).toContain('ENC[AES256_GCM');
    const nobody = team.box.with({ GNUPGHOME: join(team.box.root, 'none') });
    await nobody.write('secrets/other.yaml', secret);
    const added = await nobody.run('git', ['add', 'secrets/other.yaml']);
    expect(added.code).not.toBe(0);
    expect(added.stderr).toContain('.sops.yaml:2: asks for the key pgp:');
    expect(added.stderr).toContain(`try: gpg --recv-keys ${bob.fingerprint}`);
    expect(await nobody.git('ls-files', 'secrets/other.yaml')).toBe('');
    const noGnuPg = team.box.with({ SOPS_GPG_EXEC: '/nowhere/gpg' });
    const without = await checkout(noGnuPg);
    expect(without.code).toBe(0);
    expect(without.stderr).toContain('SOPS_GPG_EXEC names no program');
  });

  it('the agent asks for the passphrase: once for all files, and a refusal is a sentence', async () => {
    const team = await createTeam(() => ruleFor(bob));
    const writer = withPgp(team.box, ada);
    await commitOld(writer, 'a', 'b', 'c');
    const clone = await cloneOf(writer, bob, team);
    const asked = join(team.box.root, 'asked');
    bob.answerWith(`echo x >>"${asked}"; echo "ERR 83886179 cancelled"`);
    await clone.run('git', ['sops', 'init', '--yes']);
    const again = await checkout(clone);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('3 files (secrets/a.yaml …) stay encrypted');
    expect(again.stderr).toContain(`pgp:${bob.fingerprint}: the passphrase was not given`);
    bob.answerWith(`echo x >"${asked}"; echo D open sesame; echo OK`);
    await checkout(clone);
    for (const name of ['a', 'b', 'c']) expect(await clone.read(`secrets/${name}.yaml`)).toBe(secret);
    // Once, for all three.
    expect(await readFile(asked, 'utf8')).toBe('x\n');
  });

  const canAsk = hasTerminal && spawnSync('setsid', ['-V']).status === 0;
  it.skipIf(!canAsk)(
    'the real pinentry asks on the terminal of a checkout, and says so where there is none (needs python3 and setsid)',
    async () => {
      const team = await createTeam(() => ruleFor(bob));
      const writer = withPgp(team.box, ada);
      await commitOld(writer, 'a');
      bob.answerWith('exit 1');
      await writeFile(join(bob.home, 'gpg-agent.conf'), 'default-cache-ttl 0\nmax-cache-ttl 0\n');
      spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, ...bob.env } });
      const clone = await cloneOf(writer, bob, team);
      await clone.run('git', ['sops', 'init', '--yes']);
      const none = await checkout(clone, 'setsid', '-w');
      expect(none.stderr).toContain('GnuPG had no terminal to ask for the passphrase on');
      expect(await clone.read('secrets/a.yaml')).toContain('ENC[');
      // A person at a terminal: types when asked.
      await clone.run('rm', ['-r', 'secrets']);
      const git = ['git', 'checkout', 'HEAD', '--', 'secrets'];
      const env = { TERM: 'xterm', GPG_TTY: undefined };
      const typed = await onTerminal(clone, [['assphrase:', 'open sesame\r']], git, env);
      expect(typed).toMatchObject({ code: 0, left: [] });
      expect(await clone.read('secrets/a.yaml')).toBe(secret);
    },
  );
});
