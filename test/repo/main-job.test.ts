import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasSops, sops } from '../sops.ts';
import { type Runtime, runtimes } from './runtime.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const files: Record<string, string | Buffer> = {
  'secrets/db.yaml': `apiVersion: v1
kind: Secret
metadata:
    name: db   # layout and comments stay
stringData:
    user: "admin"
    password: hunter2
    mode: 0644
    url: 'postgres://db:5432'
    cert: |
        -----BEGIN CERTIFICATE-----
        MIIB
        -----END CERTIFICATE-----
`,
  'secrets/config.json': '{"auths": {"registry.example": {"auth": "aHVudGVyMg=="}}, "n": 1.50, "ok": true}',
  'secrets/app.env': '# a comment\nPASSWORD=hunter2\n\nURL="x=y"\n',
  'secrets/app.ini': '; top\n[db]\npassword = hunter2\n',
  'secrets/tls.key': Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7919) % 256)),
};

async function withFiles(runtime: Runtime): Promise<Team> {
  const team = await createTeam(secretRule, runtime);
  await team.box.commit(files);
  return team;
}

describe.each(runtimes)('the main job, with real Git and %s', (runtime) => {
  it('P1: git add encrypts every format, and no plaintext reaches the object database', async () => {
    const { box } = await withFiles(runtime);
    const objects = (await box.gitBytes(['cat-file', '--batch-all-objects', '--batch'])).toString('latin1');
    expect(objects).not.toContain('hunter2');
    expect(objects).not.toContain('aHVudGVyMg==');
    for (const path of Object.keys(files))
      expect((await box.blob(`HEAD:${path}`)).toString()).toContain('ENC[AES256_GCM,');
  });

  it('P2, P3: working files stay as they are, status stays empty after touch, checkout gives the bytes back', async () => {
    const { box } = await withFiles(runtime);
    for (const [path, content] of Object.entries(files)) {
      expect(await box.readBytes(path)).toEqual(Buffer.from(content));
      await utimes(join(box.repo, path), new Date(), new Date(Date.now() + 5000));
    }
    expect(await box.git('status', '--porcelain')).toBe('');
    await rm(join(box.repo, 'secrets'), { recursive: true });
    await box.git('checkout', '--', 'secrets');
    for (const [path, content] of Object.entries(files))
      expect(await box.readBytes(path)).toEqual(Buffer.from(content));
    await box.git('add', '--renormalize', '.');
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('P2: a one-value edit changes three lines, git diff shows plaintext, and going back gives HEAD again', async () => {
    const { box } = await withFiles(runtime);
    const before = files['secrets/db.yaml'] as string;
    // lastmodified counts seconds: within the same one only two lines would change.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await box.write('secrets/db.yaml', before.replace('hunter2', 'hunter3'));
    const diff = await box.git('diff');
    expect(diff).toContain('-    password: hunter2\n+    password: hunter3');
    expect(diff).not.toContain('ENC[');
    await box.git('add', '.');
    expect(await box.git('diff', '--cached', '--no-textconv', '--numstat')).toBe('3\t3\tsecrets/db.yaml');
    await box.write('secrets/db.yaml', before);
    await box.git('add', '.');
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('P2: whitespace changes only itself', async () => {
    const { box } = await withFiles(runtime);
    await box.write(
      'secrets/db.yaml',
      (files['secrets/db.yaml'] as string).replace('kind: Secret\n', 'kind: Secret\n\n'),
    );
    await box.git('add', '.');
    expect(await box.git('diff', '--cached', '--no-textconv', '--numstat')).toBe('1\t0\tsecrets/db.yaml');
  });

  it.skipIf(!hasSops)('P4: real sops decrypts what Git stores (needs sops)', async () => {
    const { box, keyFile } = await withFiles(runtime);
    const types: Record<string, string> = { yaml: 'yaml', json: 'json', env: 'dotenv', ini: 'ini', key: 'binary' };
    for (const [path, content] of Object.entries(files)) {
      const type = types[path.split('.').at(-1) ?? ''] ?? 'binary';
      const stored = join(box.root, 'stored');
      await writeFile(stored, await box.blob(`HEAD:${path}`));
      const done = sops(['decrypt', '--input-type', type, '--output-type', type, stored], {
        env: { SOPS_AGE_KEY_FILE: keyFile },
      });
      expect(done.stderr).toBe('');
      expect(done.code).toBe(0);
      if (type === 'binary') expect(done.stdout).toEqual(content);
      else if (type !== 'json') expect(done.stdout.toString()).toContain('hunter2');
    }
  });

  it('P6: a clone with the key opens by one command; one without works, stays ciphertext and empty of changes', async () => {
    const { box, keyFile } = await withFiles(runtime);
    await box.git('clone', '--quiet', box.repo, join(box.root, 'clone'));
    const clone = box.at(join(box.root, 'clone'));
    expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    for (const [path, content] of Object.entries(files))
      expect(await clone.readBytes(path)).toEqual(Buffer.from(content));
    expect(await clone.git('status', '--porcelain')).toBe('');

    await rm(keyFile);
    await box.git('clone', '--quiet', box.repo, join(box.root, 'closed'));
    const closed = box.at(join(box.root, 'closed'));
    expect((await closed.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    expect(await closed.read('secrets/db.yaml')).toContain('ENC[');
    expect(await closed.git('status', '--porcelain')).toBe('');
    await closed.write('secrets/new.env', 'TOKEN=fresh\n');
    await closed.git('add', '.');
    expect((await closed.blob(':secrets/new.env')).toString()).toContain('TOKEN=ENC[');
    await closed.write('secrets/db.yaml', 'password: changed\n');
    const edit = await closed.tryGit(['add', 'secrets/db.yaml']);
    expect(edit.code).not.toBe(0);
    expect(edit.stderr).toContain('no identity here opens it');
    expect(edit.stderr).not.toContain('changed');
  });

  it('P5: a tampered file stays ciphertext, and the message names it', async () => {
    const { box } = await withFiles(runtime);
    const blob = (await box.blob('HEAD:secrets/app.env')).toString().replace('URL=', 'URI=');
    const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: blob })).toString().trim();
    await box.git('update-index', '--cacheinfo', `100644,${oid},secrets/app.env`);
    await rm(join(box.repo, 'secrets/app.env'));
    const done = await box.tryGit(['checkout', '--', 'secrets/app.env']);
    expect(done.stderr).toContain('secrets/app.env');
    expect(done.stderr).toContain('URI');
    expect(await box.read('secrets/app.env')).toBe(blob);
  });

  it('P7: what does not parse, conflict markers, and a made-up sops key are refused, index and file untouched', async () => {
    const { box } = await withFiles(runtime);
    const head = await box.git('rev-parse', ':secrets/db.yaml');
    for (const bad of [
      'a: [1\n',
      '<<<<<<< ours\npassword: one\n=======\npassword: two\n>>>>>>> theirs\n',
      'password: hunter4\nsops:\n    mac: made up\n',
      'a: 1\na: 2\n',
    ]) {
      await box.write('secrets/db.yaml', bad);
      const done = await box.tryGit(['add', 'secrets/db.yaml']);
      expect(done.code, bad).not.toBe(0);
      expect(done.stderr).toContain('secrets/db.yaml');
      expect(done.stderr).not.toContain('hunter4');
      expect(await box.git('rev-parse', ':secrets/db.yaml')).toBe(head);
      expect(await box.read('secrets/db.yaml')).toBe(bad);
    }
  });

  it('names with spaces, quotes, Unicode, newlines and dashes', async () => {
    const { box } = await withFiles(runtime);
    const names = [
      'secrets/with space.yaml',
      `secrets/it's "q".yaml`,
      'secrets/ü☃.yaml',
      'secrets/-v.yaml',
      'secrets/new\nline.env',
    ];
    for (const name of names) await box.write(name, name.endsWith('.env') ? 'A=hunter2\n' : 'a: hunter2\n');
    await box.git('add', '.');
    await box.git('commit', '-qm', 'names');
    for (const name of names) {
      expect((await box.blob(`HEAD:${name}`)).toString()).toContain('ENC[');
      await box.write(name, name.endsWith('.env') ? 'A=hunter3\n' : 'a: hunter3\n');
    }
    const diff = await box.git('diff');
    expect(diff.match(/^\+.*hunter3/gm)).toHaveLength(names.length);
    expect(diff).not.toContain('ENC[');
    await box.git('checkout', '--', '.');
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('Git uses the long-running process, not a one-shot', async () => {
    const { box } = await withFiles(runtime);
    await box.write('secrets/db.yaml', 'password: other\n');
    await box.git('-c', 'filter.sops.clean=false', 'add', '.');
    expect((await box.blob(':secrets/db.yaml')).toString()).toContain('ENC[');
    // And the one-shot gives the same protection to tools that know no process.
    await box.write('secrets/db.yaml', 'password: third\n');
    await box.git('config', '--unset', 'filter.sops.process');
    await box.git('add', '.');
    expect((await box.blob(':secrets/db.yaml')).toString()).toContain('ENC[');
  });
});
