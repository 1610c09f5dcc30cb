import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

const files = {
  'secrets/db.yaml': '# hunter0\nuser: hunter1\npassword: hunter2\n',
  'secrets/app.json': '{"password": "hunter3"}\n',
  'secrets/app.env': 'A=hunter4\n',
  'secrets/app.ini': '[a]\nb = hunter5\n',
  'secrets/tls.key': 'hunter6\n',
};

describe('P8: GIT_SOPS_TRACE', () => {
  it('tells what happens, and no value', async () => {
    const { box: quiet, keyFile, sops } = await createTeam(secretRule);
    const trace = join(quiet.root, 'trace');
    const box = quiet.with({ GIT_SOPS_TRACE: trace });
    await box.commit(files);
    await box.write('secrets/db.yaml', files['secrets/db.yaml'].replace('hunter2', 'hunter7'));
    await box.git('diff');
    await box.git('commit', '-qam', 'edited');
    await box.git('log', '-p');
    await box.git('checkout', '-q', 'HEAD~');
    for (const args of [['check'], ['status'], ['doctor'], ['lock'], ['unlock']])
      await box.run('git', ['sops', ...args]);
    // What is refused, and what breaks.
    await box.write('secrets/db.yaml', 'password: [hunter8\n');
    expect((await box.tryGit(['add', '.'])).code).not.toBe(0);
    await box.run('git-sops', ['textconv', 'secrets/none.yaml']);
    const said = await readFile(trace, 'utf8');
    expect(said).toMatch(/^git-sops\[\d+\] \d+\.\d ms {2}filter-process$/m);
    expect(said).toMatch(/ ms {2}hook$/m);
    expect(said).toContain('clean secrets/tls.key: 8 bytes in, ');
    expect(said).toMatch(/ smudge secrets\/db\.yaml: \d+ bytes in, /);
    expect(said).not.toContain('hunter');
    expect(said).not.toContain('AGE-SECRET-KEY');
    expect(said).not.toContain((await readFile(keyFile, 'utf8')).split('\n')[2]);
    expect((await stat(trace)).mode & 0o077).toBe(0);
    expect((await sops('check')).stderr).toBe('');
  });

  it('goes to stderr with 1', async () => {
    const { box } = await createTeam(secretRule);
    for (const [path, content] of Object.entries(files)) await box.write(path, content);
    const done = await box.tryGit(['add', '.'], { env: { GIT_SOPS_TRACE: '1' } });
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/^git-sops\[\d+\] .* filter-process/);
    expect(done.stderr).not.toContain('hunter');
    expect((await box.tryGit(['add', '.'], { env: { GIT_SOPS_TRACE: '0' } })).stderr).toBe('');
  });
});
