import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { isClean, nothingLeaked } from './corners.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const count = 40;
const names = Array.from({ length: count }, (_, i) => `secrets/s${i}.yaml`);
const text = (i: number, value: string) => `# ${i}\nuser: admin\npassword: hunter-${i}-${value}\n`;
const all = (value: string) => Object.fromEntries(names.map((name, i) => [name, text(i, value)]));

/** How far a command has come when it is stopped: so many files through the filter, then so many milliseconds. */
const moments = [
  [0, 0],
  [1, 0],
  [count / 2, 1],
  [count, 0],
] as const;

interface Stopped {
  readonly code: number | null;
  /** Ids of all processes of this program. */
  readonly ours: readonly number[];
}

/**
 * Runs Git in a process group of its own and stops it when the filter has come so far. Ctrl-C reaches the whole group; SIGKILL
 * here is for Git alone or for the filter alone.
 */
async function stopped(
  box: Sandbox,
  args: string[],
  [files, wait]: readonly [number, number],
  signal: 'SIGINT' | 'SIGKILL' | 'filter',
): Promise<Stopped> {
  const trace = join(box.root, 'trace');
  await rm(trace, { force: true });
  const child = spawn('git', args, {
    cwd: box.repo,
    env: { ...box.env, GIT_SOPS_TRACE: trace },
    detached: true,
    stdio: 'ignore',
  });
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const read = () => (existsSync(trace) ? readFileSync(trace, 'utf8') : '');
  const pids = () => [...new Set([...read().matchAll(/^git-sops\[(\d+)\]/gm)].map(([, pid]) => Number(pid)))];
  const until = Date.now() + 20_000;
  while (child.exitCode === null && Date.now() < until) {
    const turned = (read().match(/ (clean|smudge) /g) ?? []).length;
    if (pids().length > 0 && turned >= files) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await new Promise((resolve) => setTimeout(resolve, wait));
  try {
    if (signal === 'SIGINT') process.kill(-(child.pid ?? 0), 'SIGINT');
    else process.kill(signal === 'SIGKILL' ? (child.pid ?? 0) : (pids()[0] ?? 0), 'SIGKILL');
  } catch {
    // It was faster.
  }
  return { code: await code, ours: pids() };
}

/** Nobody is left behind. */
async function haveEnded(ours: readonly number[]): Promise<void> {
  const alive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  for (let i = 0; i < 200 && ours.some(alive); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(ours.filter(alive)).toEqual([]);
}

/** Blob ids by path; what Git left as a lock is taken away, as its message says. */
async function index(box: Sandbox): Promise<Map<string, string>> {
  await rm(join(box.repo, '.git/index.lock'), { force: true });
  const lines = (await box.git('ls-files', '-s', '--', 'secrets')).split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.split('\t')[1] ?? '', line.split(' ')[1] ?? '']));
}

async function withFiles(): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.commit(all('one'), 'one');
  return team;
}

const signals = ['SIGINT', 'SIGKILL', 'filter'] as const;

describe.each(signals)('interrupted by %s', (signal) => {
  it('git add: the index is the old or the new one, files are as they were, nothing leaks', async () => {
    const { box } = await withFiles();
    const before = await index(box);
    let interrupted = 0;
    for (const moment of moments) {
      for (const [name, content] of Object.entries(all('two'))) await box.write(name, content);
      await box.write('secrets/new.env', 'A=hunter-new\n');
      const { code, ours } = await stopped(box, ['add', '.'], moment, signal);
      await haveEnded(ours);
      const after = await index(box);
      if (code !== 0) interrupted++;
      // Git may be ended between the last thing that it does and its own end.
      if (code === 0 || after.size > before.size) expect(after.size).toBe(count + 1);
      else expect(after).toEqual(before);
      for (const [i, name] of names.entries()) expect(await box.read(name)).toBe(text(i, 'two'));
      await nothingLeaked(box);
      await box.git('reset', '-q');
    }
    expect(interrupted).toBeGreaterThan(0);
    await box.commit();
    await isClean(box);
    expect((await box.run('git', ['sops', 'check', 'HEAD'])).code).toBe(0);
  });

  it('git checkout and merge: each file is old, new or not there yet, and the same again ends it', async () => {
    const { box } = await withFiles();
    await box.git('switch', '-q', '-c', 'two');
    await box.commit(all('two'), 'two');
    for (const args of [
      ['checkout', '-q', '-f', 'two'],
      ['merge', '-q', '--no-edit', '--no-ff', 'two'],
    ]) {
      let interrupted = 0;
      for (const moment of moments) {
        await box.git('checkout', '-q', '-f', '-B', 'main', 'two~');
        const { code, ours } = await stopped(box, args, moment, signal);
        if (code !== 0) interrupted++;
        await haveEnded(ours);
        await index(box);
        for (const [i, name] of names.entries()) {
          const content = existsSync(join(box.repo, name)) ? await box.read(name) : null;
          // Git creates a file before it writes into it, with a filter or without (entry.c, write_entry): '' is its own moment.
          expect([null, '', text(i, 'one'), text(i, 'two')], `${args[0]} ${name}`).toContain(content);
        }
        await nothingLeaked(box);
        await box.git('reset', '-q', '--hard', 'two');
        expect(await box.read(names[count - 1] ?? '')).toBe(text(count - 1, 'two'));
        await isClean(box);
      }
      expect(interrupted, args[0]).toBeGreaterThan(0);
    }
  });
});
