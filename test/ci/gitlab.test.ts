import { readFile, rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commitPast } from '../repo/past.ts';
import { createTeam, secretRule } from '../repo/team.ts';

const template = parse(await readFile('templates/git-sops.gitlab-ci.yml', 'utf8'));
const job = template['git-sops'];

describe('the GitLab CI template', () => {
  it('is of this version, and its report is the one that it writes', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(job.variables.GIT_SOPS_VERSION).toBe(version);
    expect(job.before_script[0]).toContain('git-sops@$GIT_SOPS_VERSION');
    expect(job.script.join('\n')).toContain(`>${job.artifacts.reports.codequality}`);
  });

  it('its script judges a merge request, a push, a new branch and the default branch, and writes a code quality report', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    const base = await box.commit({ 'secrets/db.yaml': 'password: hunter1\n' });
    await box.git('update-ref', 'refs/remotes/origin/main', base);
    const leak = await commitPast(team, 'secrets/leak.yaml', 'password: hunter2\n');
    await box.git('rm', '-q', '--cached', 'secrets/leak.yaml');
    await box.git('commit', '--no-verify', '-qm', 'out');
    const head = await box.git('rev-parse', 'HEAD');
    await rm(team.keyFile);
    const none = '0'.repeat(40);
    const run = async (env: Record<string, string>) => {
      const variables = { CI_COMMIT_SHA: head, CI_DEFAULT_BRANCH: 'main', ...env };
      const done = await box.run('bash', ['-eo', 'pipefail', '-c', job.script.join('\n')], { env: variables });
      expect(done.stdout.toString() + done.stderr).not.toContain('hunter');
      return { code: done.code, report: JSON.parse(await box.read(job.artifacts.reports.codequality)) };
    };
    const found = await run({ CI_MERGE_REQUEST_DIFF_BASE_SHA: base });
    expect(found.code).toBe(1);
    expect(found.report).toMatchObject([
      {
        check_name: 'plaintext-file',
        severity: 'critical',
        location: { path: 'secrets/leak.yaml', lines: { begin: 1 } },
      },
    ]);
    expect(found.report[0].fingerprint).toMatch(/^\w{16,}/);
    expect(found.report[0].description).toContain(leak.slice(0, 12));
    expect((await run({ CI_COMMIT_BEFORE_SHA: leak, CI_COMMIT_BRANCH: 'feature' })).code).toBe(0);
    expect((await run({ CI_COMMIT_BEFORE_SHA: none, CI_COMMIT_BRANCH: 'feature' })).code).toBe(1);
    expect(await run({ CI_COMMIT_BEFORE_SHA: none, CI_COMMIT_BRANCH: 'main' })).toEqual({ code: 0, report: [] });
    await box.write('.sops.yaml', 'creation_rules: [');
    await box.git('add', '.sops.yaml');
    await box.git('commit', '--no-verify', '-qm', 'broken');
    const broken = await box.run('bash', ['-eo', 'pipefail', '-c', job.script.join('\n')], {
      env: { CI_COMMIT_SHA: await box.git('rev-parse', 'HEAD'), CI_DEFAULT_BRANCH: 'main', CI_COMMIT_BRANCH: 'main' },
    });
    expect(broken.code).toBe(2);
  });
});
