import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { isClean, nothingLeaked, path, secret, withSecret } from './corners.ts';

/** A file out of a tar archive. */
async function inTar(box: Sandbox, tar: Buffer, file = path): Promise<Buffer> {
  await writeFile(join(box.root, 'x.tar'), tar);
  const done = await box.run('tar', ['-xOf', join(box.root, 'x.tar'), file]);
  expect(done.stderr).toBe('');
  return done.stdout;
}

describe('archives', () => {
  it('git archive holds plaintext, as a checkout does; git sops archive holds what Git stores', async () => {
    const { box, sops } = await withSecret();
    const stored = await box.blob(`HEAD:${path}`);
    expect((await inTar(box, await box.gitBytes(['archive', 'HEAD']))).toString()).toBe(secret);
    const done = await sops('archive', '--format=tar', 'HEAD');
    expect(done.stderr).toBe('');
    expect(await inTar(box, done.stdout)).toEqual(stored);
    expect((await inTar(box, done.stdout, 'plain.txt')).toString()).toBe('plain\n');
    // The same without a command of ours, as the documentation says it.
    const off = ['-c', 'filter.sops.process=', '-c', 'filter.sops.smudge=', '-c', 'filter.sops.required=false'];
    expect(await inTar(box, await box.gitBytes([...off, 'archive', 'HEAD']))).toEqual(stored);
    await isClean(box);
  });

  it('takes what git archive takes, from a subfolder and of a subfolder', async () => {
    const { box } = await withSecret();
    const file = join(box.root, 'out.tar.gz');
    const options = ['sops', 'archive', '-o', file, '--prefix=x/', 'HEAD', 'db.yaml'];
    const done = await box.run('git', options, { cwd: join(box.repo, 'secrets') });
    expect(done.stderr).toBe('');
    const text = await box.run('tar', ['-xzOf', file, 'x/db.yaml']);
    expect(text.stdout.toString()).toContain('password: ENC[');
    expect((await box.run('git', ['sops', 'archive', 'nothing'])).code).toBe(128);
  });

  it('without a key, and in a locked tree, git archive holds ciphertext by itself', async () => {
    const { box, sops } = await withSecret();
    expect((await sops('lock')).code).toBe(0);
    expect((await inTar(box, await box.gitBytes(['archive', 'HEAD']))).toString()).toContain('password: ENC[');
    await nothingLeaked(box);
  });
});
