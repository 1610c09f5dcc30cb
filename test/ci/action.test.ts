import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { commitPast } from '../repo/past.ts';
import { createTeam, secretRule, type Team } from '../repo/team.ts';
import type { Finished, Sandbox } from '../sandbox.ts';

const plain = (password: string) => `user: admin\npassword: ${password}\n`;

interface Step {
  readonly name: string;
  readonly if?: string;
  readonly run: string;
  readonly env: Record<string, string>;
}

const action = parse(await readFile('action.yml', 'utf8')) as {
  inputs: Record<string, { default: string }>;
  runs: { steps: Step[] };
};

/** Runs the steps as a runner does: an input is text in the environment, and a step that fails ends the job unless the next says always(). */
async function runAction(box: Sandbox, env: Record<string, string>, inputs: Record<string, string>) {
  const files = Object.fromEntries(
    ['PATH', 'OUTPUT', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(box.root, `${name}-${Math.random()}`)]),
  );
  for (const file of Object.values(files)) await writeFile(file, '');
  const value = (name: string) => inputs[name] ?? action.inputs[name]?.default ?? '';
  const filled = (text: string) => text.replaceAll(/\$\{\{ inputs\.(\w+) \}\}/g, (_, name) => value(name));
  const done: Record<string, Finished> = {};
  let failed = false;
  for (const step of action.runs.steps) {
    const wanted = step.if === undefined ? !failed : step.if.includes('always()') && value('comment') === 'true';
    if (!wanted) continue;
    const own = Object.fromEntries(Object.entries(step.env).map(([name, text]) => [name, filled(text)]));
    const added = (await readFile(files['GITHUB_PATH'] ?? '', 'utf8')).trim().split('\n').reverse();
    const PATH = [...added, box.env['PATH'] ?? ''].filter((part) => part !== '').join(delimiter);
    const script = join(box.root, 'step.sh');
    await writeFile(script, step.run);
    const result = await box.run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      env: { ...env, ...files, ...own, PATH },
    });
    expect(result.stdout.toString() + result.stderr).not.toContain('hunter');
    done[step.name] = result;
    failed ||= result.code !== 0;
  }
  const output = await readFile(files['GITHUB_OUTPUT'] ?? '', 'utf8');
  return { done, failed, output, summary: await readFile(files['GITHUB_STEP_SUMMARY'] ?? '', 'utf8') };
}

/** GitHub's comments, and a registry with this one package. */
async function standIn(folder: string) {
  const comments: { id: number; body: string; user: { login: string } }[] = [];
  const asked: string[] = [];
  let readOnly = false;
  const tarball = spawnSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: join(folder, 'action'),
    encoding: 'utf8',
  }).stdout.trim();
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (url === '/git-sops') {
      const { name, version, bin } = JSON.parse(await readFile('package.json', 'utf8'));
      const dist = { tarball: `${base}/t.tgz` };
      return answer(200, {
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { name, version, bin, dist } },
      });
    }
    if (url === '/t.tgz') return response.end(await readFile(join(folder, tarball)));
    asked.push(`${method} ${url.split('?')[0]}`);
    if (request.headers.authorization !== 'Bearer the-token') return answer(401, {});
    if (method === 'GET') return answer(200, url.includes('page=1') ? comments : []);
    if (readOnly) return answer(403, {});
    const { body } = JSON.parse(await text(request));
    const id = Number(/comments\/(\d+)$/.exec(url)?.[1] ?? 0);
    const found = comments.find((comment) => comment.id === id);
    if (method === 'PATCH' && found?.user.login !== 'us') return answer(403, {});
    if (found !== undefined) found.body = body;
    else comments.push({ id: comments.length + 1, body, user: { login: 'us' } });
    answer(200, {});
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forbid = () => {
    readOnly = true;
  };
  return { base, comments, asked, forbid };
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A checkout of a pull request, as actions/checkout leaves it: one commit, and a remote to fetch from. */
async function checkedOut(team: Team, to: string): Promise<Sandbox> {
  const { box } = team;
  const clone = box.at(join(box.root, `clone-${Math.random()}`));
  await box.git('init', '-q', clone.repo);
  await clone.git('remote', 'add', 'origin', `file://${box.repo}`);
  await clone.git('fetch', '-q', '--depth=1', '--no-tags', 'origin', to);
  await clone.git('checkout', '-q', 'FETCH_HEAD');
  // The runner has no git-sops and no key.
  const PATH = (box.env['PATH'] ?? '').split(delimiter).filter((part) => !part.startsWith(box.root));
  return clone.with({
    PATH: PATH.join(delimiter),
    HOME: join(box.root, 'runner'),
    XDG_CONFIG_HOME: join(box.root, 'runner'),
  });
}

describe('the GitHub Action', () => {
  it('judges a pull request without a key, annotates and sums up, and keeps one comment without values', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    const from = await box.commit({ 'secrets/db.yaml': plain('hunter1') });
    await box.git('checkout', '-q', '-b', 'feature');
    const good = await box.commit({ 'secrets/db.yaml': plain('hunter2') });
    const leak = await commitPast(team, 'secrets/leak.yaml', plain('hunter3'));
    await box.git('rm', '-q', '--cached', 'secrets/leak.yaml');
    await box.git('commit', '--no-verify', '-qm', 'out');
    const bad = await box.git('rev-parse', 'HEAD');

    const folder = join(box.root, 'action');
    for (const name of [
      'action',
      'action.yml',
      'package.json',
      'src',
      'scripts',
      'README.md',
      'LICENSE',
      'docs',
      'hooks',
    ]) {
      cpSync(resolve(name), join(folder, name), { recursive: true });
    }
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    cpSync(join(process.env['GIT_SOPS_TEST_CLI'] ?? '', '..'), join(folder, 'dist'), { recursive: true });
    const github = await standIn(box.root);
    const env = (event: unknown) => {
      const file = join(box.root, 'event.json');
      return writeFile(file, JSON.stringify(event)).then(() => ({
        GITHUB_ACTION_PATH: folder,
        GITHUB_EVENT_PATH: file,
        GITHUB_REPOSITORY: 'o/r',
        GITHUB_API_URL: github.base,
        RUNNER_TEMP: join(box.root, 'runner'),
        npm_config_registry: github.base,
        npm_config_cache: join(box.root, 'npm'),
      }));
    };
    const pull = (sha: string) => ({ pull_request: { number: 7, base: { sha: from }, head: { sha } } });
    const inputs = { comment: 'true', token: 'the-token' };

    const clean = await runAction(await checkedOut(team, good), await env(pull(good)), inputs);
    expect(clean.done['Check']?.stderr).toContain(`clean in ${from}..${good}`);
    expect(clean.failed).toBe(false);
    expect(clean.output).toContain('result=clean\n');
    expect(clean.summary).toContain('Clean: 1 covered file');
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toMatch(/^<!-- git-sops diff -->[\s\S]*`secrets\/db\.yaml`[\s\S]*`password`/);
    expect(JSON.stringify(github.comments)).not.toContain('hunter');

    // Somebody else's comment that looks like ours is left alone, and ours is written anew.
    github.comments.unshift({ id: 99, body: '<!-- git-sops diff -->\n', user: { login: 'mallory' } });
    const found = await runAction(await checkedOut(team, bad), await env(pull(bad)), {
      ...inputs,
      report: 'report.txt',
    });
    expect(found.done['Check']?.code).toBe(1);
    expect(found.done['Check']?.stdout.toString()).toMatch(/^::error file=secrets\/leak\.yaml,/m);
    expect(found.done['Check']?.stdout.toString()).toContain(leak.slice(0, 12));
    expect(found.output).toContain('result=findings\n');
    expect(found.summary).toContain('plaintext-file');
    expect(github.comments.map(({ user }) => user.login)).toEqual(['mallory', 'us']);
    github.comments.shift();
    await runAction(await checkedOut(team, from), await env(pull(from)), inputs);
    expect(github.comments.map(({ body }) => body)).toContain(
      '<!-- git-sops diff -->\nNo secret file changes any more.\n',
    );

    // A fork's token may only read: that is told, and the job goes on.
    github.forbid();
    const fork = await runAction(await checkedOut(team, good), await env(pull(good)), inputs);
    expect(fork.failed).toBe(false);
    expect(fork.done['Comment']?.stdout.toString()).toContain(
      '::warning title=git-sops::The comment could not be written',
    );

    // Other events: a push, a new branch, a schedule; a range that is given; the action's own source.
    const repository = { default_branch: 'main' };
    const push = await runAction(
      await checkedOut(team, bad),
      await env({ before: from, after: bad, ref: 'refs/heads/feature', repository }),
      { format: 'sarif', report: 'git-sops.sarif', version: 'source' },
    );
    expect(push.output).toContain(`range=${from}..${bad}\n`);
    expect(JSON.parse(push.done['Check']?.stdout.toString() ?? '').runs[0].results).toHaveLength(1);
    const whole = await runAction(await checkedOut(team, bad), await env({ schedule: '0 0 * * *' }), {});
    expect(whole.output).toBe('result=clean\nrange=HEAD\n');
    const wrong = await runAction(await checkedOut(team, bad), await env({}), { range: 'gone..HEAD' });
    expect(wrong.done['Check']?.code).toBe(2);
    expect(existsSync(join(box.root, 'runner/git-sops/node_modules/.bin/git-sops'))).toBe(true);
  }, 240_000);
});
