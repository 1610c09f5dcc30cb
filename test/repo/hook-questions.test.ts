import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

/** Under Node a process of Git costs a commit a tenth of the time that it takes to start; here the hook's shell asks, meanwhile. */
describe('what a commit hook asks Git under Node', () => {
  const create = async () => {
    const { box, ...rest } = await createTeam(secretRule, 'node');
    await box.commit({ 'secrets/db.yaml': secret, 'readme.md': 'text\n' });
    const trace = join(box.root, 'trace');
    const commit = async () => {
      const done = await box.run('git', ['commit', '-qm', 'more'], {
        env: { GIT_SOPS_TRACE: trace },
      });
      return { ...done, trace: await readFile(trace, 'utf8') };
    };
    const plaintext = async (path: string) => {
      const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: secret })).toString().trim();
      await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},${path}`);
    };
    return { box, commit, plaintext, trace, ...rest };
  };

  it('was asked by its shell while Node started', async () => {
    const { box, trace } = await create();
    await box.write('secrets/db.yaml', secret.replace('hunter2', 'hunter3'));
    await box.git('add', '.');
    const events = join(box.root, 'events');
    const env = { GIT_SOPS_TRACE: trace, GIT_TRACE2_EVENT: events };
    expect((await box.run(join(box.repo, '.git/hooks/pre-commit'), [], { env })).code).toBe(0);
    expect(await readFile(trace, 'utf8')).toContain('pre-commit: all was asked ahead');
    const started = (await readFile(events, 'utf8')).match(/"event":"start".*/g) ?? [];
    const named = (name: string) => started.filter((line) => line.includes(`"${name}"`)).length;
    // The shell's own.
    expect([named('diff'), named('check-attr'), named('cat-file'), named('ls-files')]).toEqual([1, 1, 1, 0]);
  });

  it('refuses plaintext by those answers', async () => {
    const { commit, plaintext } = await create();
    await plaintext('secrets/new.yaml');
    const done = await commit();
    expect(done.code).toBe(1);
    expect(done.trace).toContain('all was asked ahead');
    expect(done.stderr).toContain('secrets/new.yaml');
    expect(done.stderr).toContain('git add --renormalize');
  });

  it.each([
    ['a name that Git quotes', ['secrets/a"b.yaml']],
    ['many files', Array.from({ length: 70 }, (_, i) => `secrets/${i}.yaml`)],
  ])('asks by itself about %s, and refuses plaintext', async (_what, paths) => {
    const { commit, plaintext } = await create();
    for (const path of paths) await plaintext(path);
    const done = await commit();
    expect(done.code).toBe(1);
    expect(done.trace).toContain('nothing was asked ahead');
    expect(done.stderr).toContain(paths.length === 1 ? 'a\\"b.yaml' : '69.yaml');
  });

  it('follows a merge, where it asks for the other parent by itself', async () => {
    const { box, commit, trace } = await create();
    await box.git('checkout', '-qb', 'other');
    await box.commit({ 'secrets/other.yaml': secret });
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'readme.md': 'another text\n' });
    await box.git('merge', '-q', '--no-commit', '--no-ff', 'other');
    expect((await commit()).code).toBe(0);
    expect(await readFile(trace, 'utf8')).toContain('all was asked ahead');
  });

  it('judges what a merge keeps, which no answer is about', async () => {
    const { box, commit, plaintext } = await create();
    await box.git('checkout', '-qb', 'other');
    await box.commit({ 'secrets/db.yaml': secret.replace('hunter2', 'theirs') });
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'secrets/db.yaml': secret.replace('hunter2', 'ours') });
    await box.git('merge', '-q', '--no-commit', '-s', 'ours', 'other');
    expect((await commit()).stderr).toBe('');
    await box.git('merge', '-q', '--no-commit', '--no-ff', '-s', 'ours', 'other').catch(() => {});
    await plaintext('secrets/db.yaml');
    expect((await commit()).code).toBe(1);
  });

  it('refuses each commit where the script is gone, and init mends it', async () => {
    const { box, sops } = await create();
    const hook = join(box.repo, '.git/hooks/pre-commit');
    const script = /\. '?(\/[^']*ask-ahead\.sh)'? \)/.exec(await readFile(hook, 'utf8'))?.[1] ?? '';
    expect(script).not.toBe('');
    // Others use the same build.
    const text = (await readFile(hook, 'utf8')).replaceAll(script, `${script}.gone`);
    await box.write('.git/hooks/pre-commit', text);
    await box.write('readme.md', 'changed\n');
    await box.git('add', '.');
    const done = await box.run('git', ['commit', '-qm', 'x']);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('git sops init --yes');
    expect((await sops('doctor')).stdout.toString()).toContain(`${script}.gone is gone`);
    expect((await sops('init', '--yes')).code).toBe(0);
    await box.git('commit', '-qm', 'x');
  });
});
