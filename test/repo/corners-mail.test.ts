import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean, nothingLeaked, password, path, secret, sopsReads, withSecret } from './corners.ts';
import type { Team } from './team.ts';

/** `main` is one commit behind the patch that is returned. */
async function withPatch(...options: string[]): Promise<Team & { patch: string; tree: string }> {
  const team = await withSecret();
  const { box } = team;
  await box.commit({ [path]: password('hunter3'), 'secrets/app.env': 'A=hunter4\n' }, 'second');
  const tree = await box.git('rev-parse', 'HEAD^{tree}');
  const patch = join(box.root, 'mail');
  await writeFile(patch, await box.gitBytes(['format-patch', '-1', '--stdout', ...options]));
  await box.git('reset', '-q', '--hard', 'HEAD~');
  return { ...team, patch, tree };
}

describe('patches', () => {
  it('format-patch writes ciphertext, and git am brings the very blobs back, as plaintext in the working tree', async () => {
    const team = await withPatch();
    const { box, patch, tree } = team;
    expect((await box.run('cat', [patch])).stdout.toString()).not.toContain('hunter');
    await box.git('am', '-q', patch);
    expect(await box.git('rev-parse', 'HEAD^{tree}')).toBe(tree);
    expect(await box.read(path)).toBe(password('hunter3'));
    expect(await box.read('secrets/app.env')).toBe('A=hunter4\n');
    await isClean(box);
    await sopsReads(team);
    await nothingLeaked(box);
  });

  it('git apply and apply --index take the same patch', async () => {
    const team = await withPatch();
    const { box, patch, tree } = team;
    await box.git('apply', patch);
    expect(await box.read(path)).toBe(password('hunter3'));
    expect(await box.git('diff')).toContain('+password: hunter3');
    // Until it is staged an edit has no ciphertext of its own that a patch of ciphertext could take back.
    await box.git('checkout', '-q', '--', path);
    await rm(join(box.repo, 'secrets/app.env'));
    await isClean(box);
    await box.git('apply', '--index', patch);
    expect(await box.git('write-tree')).toBe(tree);
    expect(await box.git('diff', '--name-only')).toBe('');
    // What has other plaintext in the working tree is left alone.
    await box.git('reset', '-q', '--hard');
    await box.write(path, `${secret}more: 1\n`);
    expect((await box.tryGit(['apply', patch])).code).not.toBe(0);
    expect(await box.read(path)).toBe(`${secret}more: 1\n`);
    await nothingLeaked(box);
  });

  it('git am -3 and rebase --apply merge values that the ciphertext patch does not fit', async () => {
    const team = await withPatch();
    const { box, patch } = team;
    await box.commit({ [path]: secret.replace('admin', 'root') }, 'other');
    expect((await box.tryGit(['am', patch])).code).not.toBe(0);
    await box.git('am', '--abort');
    await box.git('am', '-q', '-3', patch);
    const merged = password('hunter3').replace('admin', 'root');
    expect(await box.read(path)).toBe(merged);
    await isClean(box);
    await box.git('switch', '-q', '-c', 'side', 'HEAD~2');
    await box.commit({ [path]: secret.replace('postgres', 'mysql') }, 'side');
    await box.git('rebase', '-q', '--apply', 'main');
    expect(await box.read(path)).toBe(merged.replace('postgres', 'mysql'));
    await isClean(box);
    await sopsReads(team);
    await nothingLeaked(box);
  });

  it('a conflict of git am stays encrypted, and --abort goes as its refusal says', async () => {
    const { box, patch } = await withPatch();
    await box.commit({ [path]: password('hunter9') }, 'other');
    expect((await box.tryGit(['am', '-3', patch])).code).not.toBe(0);
    expect(await box.read(path)).toMatch(/^<{7} .*\npassword: hunter9\n={7}\npassword: hunter3\n>{7} /m);
    // Git cleans the file to see whether it changed, and markers are never cleaned.
    const refused = await box.tryGit(['am', '--abort']);
    expect(refused.stderr).toContain(`git checkout --ours -- ${path}`);
    await box.git('checkout', '-q', '--ours', '--', path);
    await box.git('am', '--abort');
    expect(await box.read(path)).toBe(password('hunter9'));
    await isClean(box);
    await nothingLeaked(box);
  });

  it('P1: a patch in plaintext is not committed by git am, which asks no filter', async () => {
    const team = await withPatch('--textconv');
    const { box, patch } = team;
    // An edit does not even apply: Git compares with what it stores.
    expect((await box.tryGit(['am', '-q', patch])).code).not.toBe(0);
    await box.git('am', '--abort');
    const head = await box.git('rev-parse', 'HEAD');
    const leak = await box.tryGit(['am', `--include=secrets/app.env`, patch]);
    expect(leak.code).not.toBe(0);
    expect(leak.stderr).toContain('secrets/app.env');
    expect(leak.stderr).not.toContain('hunter');
    expect(await box.git('rev-parse', 'HEAD')).toBe(head);
    await box.git('add', '--renormalize', 'secrets/app.env');
    await box.git('am', '--continue');
    expect(await box.read('secrets/app.env')).toBe('A=hunter4\n');
    await isClean(box);
    await sopsReads(team);
  });

  it('git sops apply takes what git diff shows, and refuses to store it', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.write(path, password('hunter3'));
    const patch = join(box.root, 'patch');
    await writeFile(patch, await box.gitBytes(['diff']));
    await box.git('checkout', '-q', '--', path);
    expect((await box.tryGit(['apply', patch])).code).not.toBe(0);
    await writeFile(join(box.repo, path), `${secret}more: 1\n`);
    expect((await team.sops('apply', patch)).code).toBe(0);
    expect(await box.read(path)).toBe(`${password('hunter3')}more: 1\n`);
    expect((await team.sops('apply', '-R', patch)).code).toBe(0);
    for (const option of ['--index', '--ind', '--cached', '--cac', '--3way', '--3', '-3', '-vR3', '-p1v3']) {
      const refused = await team.sops('apply', option, patch);
      expect(refused.code, option).toBe(2);
      expect(refused.stderr).toContain('the object database');
    }
    expect(await box.read(path)).toBe(`${secret}more: 1\n`);
    expect((await team.sops('apply', '-p1', '-C3', '--check', patch)).code).toBe(0);
    await nothingLeaked(box);
  });
});
