import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean, nothingLeaked, password, path, secret, sopsReads, withSecret } from './corners.ts';
import type { Team } from './team.ts';

async function withHistory(): Promise<Team> {
  const team = await withSecret({ 'secrets/app.env': 'A=hunter1\n' });
  await team.box.commit({ [path]: password('hunter3'), big: 'x' }, 'second');
  await team.box.commit({ [path]: secret.replace('admin', 'root') }, 'third');
  return team;
}

describe('rewriting history', () => {
  it('fast-export and fast-import carry ciphertext, and the same commits come out', async () => {
    const team = await withHistory();
    const { box } = team;
    const stream = await box.gitBytes(['fast-export', '--all']);
    expect(stream.toString('latin1')).not.toContain('hunter');
    const other = await box.init('other');
    await other.gitBytes(['fast-import', '--quiet'], { input: stream });
    expect(await other.git('rev-parse', 'main')).toBe(await box.git('rev-parse', 'main'));
    await nothingLeaked(other);
    // As filter-repo does it: paths change between export and import.
    const moved = Buffer.from(stream.toString('latin1').replaceAll(' secrets/', ' old/secrets/'), 'latin1');
    const third = await box.init('third');
    await third.gitBytes(['fast-import', '--quiet'], { input: moved });
    await third.git('checkout', '-q', 'main');
    expect((await third.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    expect(await third.read(`old/${path}`)).toBe(secret.replace('admin', 'root'));
    expect(await third.git('log', '-p', '--format=', '--', 'old')).toContain('+password: hunter3');
  });

  it('filter-branch with a tree filter finds unchanged files unchanged, and encrypts what it writes', async () => {
    const team = await withHistory();
    const { box } = team;
    const blobs = await box.git('log', '--raw', '--no-abbrev', '--format=', '--', 'secrets');
    const env = { FILTER_BRANCH_SQUELCH_WARNING: '1' };
    const script = 'rm -f big; mkdir -p secrets; echo B=hunter5 >secrets/added.env';
    await box.gitBytes(['filter-branch', '-f', '--tree-filter', script, '--', '--all'], { env });
    expect(await box.git('log', '--raw', '--no-abbrev', '--format=', '--', path, 'secrets/app.env')).toBe(blobs);
    expect((await box.blob('HEAD~2:secrets/added.env')).toString()).toContain('B=ENC[');
    expect(await box.git('log', '--format=%s', '--', 'big')).toBe('');
    await isClean(box);
    for (const revision of ['HEAD~2', 'HEAD~', 'HEAD']) await sopsReads(team, revision);
    await nothingLeaked(box);
  });

  it('plumbing: hash-object by path, an index of its own, write-tree, commit-tree', async () => {
    const team = await withHistory();
    const { box } = team;
    const env = { GIT_INDEX_FILE: join(box.root, 'index') };
    const text = secret.replace('admin', 'root').replace('hunter2', 'hunter7');
    const one = (await box.gitBytes(['hash-object', '-w', '--stdin', `--path=${path}`], { input: text })).toString();
    await box.gitBytes(['read-tree', 'HEAD'], { env });
    await box.gitBytes(['update-index', '--cacheinfo', `100644,${one.trim()},${path}`], { env });
    await box.write('secrets/new.env', 'A=hunter8\n');
    await box.gitBytes(['update-index', '--add', 'secrets/new.env'], { env });
    const tree = (await box.gitBytes(['write-tree'], { env })).toString().trim();
    const commit = await box.git('commit-tree', '-p', 'HEAD', '-m', 'by hand', tree);
    await sopsReads(team, commit);
    await box.git('checkout', '-q', '-f', '-B', 'main', commit);
    expect(await box.read(path)).toBe(text);
    await isClean(box);
    await nothingLeaked(box);
  });

  it('fixup and autosquash, and an exec at each step', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.commit({ [path]: password('hunter3') }, 'password');
    await box.commit({ [path]: password('hunter3').replace('admin', 'root') }, 'user');
    await box.write(path, password('hunter3').replace('admin', 'root').replace('# who', '# who it is'));
    await box.git('commit', '-qa', '--fixup', 'HEAD~');
    const rebase = ['-c', 'sequence.editor=true', 'rebase', '-q', '-i', '--autosquash', '--root', '-x'];
    await box.git(...rebase, 'git sops check HEAD && git diff --exit-code');
    expect(await box.git('log', '--format=%s')).toBe('user\npassword\nfirst');
    expect(await box.git('show', `HEAD:${path}`)).not.toContain('hunter');
    expect(await box.git('show', '--format=', 'HEAD~')).toContain('+# who it is');
    await isClean(box);
    for (const revision of ['HEAD~2', 'HEAD~', 'HEAD']) await sopsReads(team, revision);
    await nothingLeaked(box);
  });

  it('git replace and notes hold no plaintext either, and what is stored is what is judged', async () => {
    const { box, sops } = await withHistory();
    await box.git('replace', 'HEAD:secrets/app.env', `HEAD:${path}`);
    expect((await sops('check', 'HEAD')).code).toBe(0);
    await box.git('replace', '-d', await box.git('--no-replace-objects', 'rev-parse', 'HEAD:secrets/app.env'));
    await box.git('log', '-p');
    expect(await box.git('for-each-ref', 'refs/notes')).toBe('');
    await nothingLeaked(box);
  });
});
