import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { createTeam, secretRule } from '../repo/team.ts';

it('what V8 made of the program is kept beside it, taken the next time, and left where it is not ours or broken', async () => {
  const { box } = await createTeam(secretRule);
  const dist = join(box.root, 'dist');
  await cp(dirname(process.env['GIT_SOPS_TEST_CLI'] ?? ''), dist, { recursive: true });
  for (const name of await readdir(dist)) if (name.includes('.cache')) await rm(join(dist, name));
  await box.write('secrets/db.yaml', 'password: hunter1\n');
  await box.git('add', '.');
  const hook = async () => {
    const done = await box.run(process.execPath, [join(dist, 'plumbing.cjs'), 'hook', 'pre-commit']);
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    const [name = '', ...more] = (await readdir(dist)).filter((file) => file.includes('.cache'));
    expect(more).toEqual([]);
    return join(dist, name);
  };
  const cache = await hook();
  expect(cache).toContain(`-hook-${process.version}-`);
  const first = await stat(cache);
  expect(first.size).toBeGreaterThan(100_000);
  expect((await readFile(cache)).toString('latin1')).not.toContain('hunter');
  await hook();
  expect((await stat(cache)).ino).toBe(first.ino);
  // Bytes that changed on the disk would end V8 itself; a whole one takes its place.
  const damaged = await readFile(cache);
  for (let i = 0; i < 40; i++) damaged.writeUInt8(damaged.readUInt8(5000 + i * 997) ^ 0xff, 5000 + i * 997);
  await writeFile(cache, damaged);
  await hook();
  expect(await readFile(cache)).not.toEqual(damaged);
  // Cut off, or something else: it is made again.
  await writeFile(cache, 'not what V8 wrote');
  await hook();
  expect((await stat(cache)).size).toBeGreaterThan(100_000);
  // One that others can write is not looked at.
  await rm(cache);
  await writeFile(cache, 'x', { mode: 0o666 });
  await hook();
  // The package is replaced while a filter runs.
  const gone = join(box.root, 'gone');
  await cp(dist, gone, { recursive: true });
  for (const name of await readdir(gone)) if (name.includes('.cache')) await rm(join(gone, name));
  const filter = spawn(process.execPath, [join(gone, 'plumbing.cjs'), 'filter-process'], {
    cwd: box.repo,
    env: box.env,
  });
  const said: Buffer[] = [];
  filter.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  filter.stdin.write('0016git-filter-client\n000eversion=2\n0000');
  await once(filter.stdout, 'data');
  await rm(gone, { recursive: true });
  filter.stdin.end('0015capability=clean\n0000');
  await once(filter, 'close');
  expect(Buffer.concat(said).toString()).toBe('');
  // A command that fails keeps nothing.
  await box.run(process.execPath, [join(dist, 'plumbing.cjs'), 'smudge-or-so']);
  expect((await readdir(dist)).filter((file) => file.includes('.cache'))).toHaveLength(1);

  // So are all other commands; one that fails keeps nothing.
  const other = (...args: string[]) => box.run(process.execPath, [join(dist, 'start.cjs'), ...args]);
  const [listed, again] = [await other('recipients', 'list'), await other('recipients', 'list')];
  expect([listed.code, listed.stdout.length > 0]).toEqual([0, true]);
  expect(again).toEqual(listed);
  expect((await other('nonsense')).code).toBe(2);
  expect((await other('decrypt', 'nowhere')).code).not.toBe(0);
  const kept = (await readdir(dist)).filter((file) => /^main-code-.*\.cache$/.test(file));
  expect(kept.map((file) => /^main-code-[0-9a-f]+-(.*)-v/.exec(file)?.[1])).toEqual(['recipients']);

  // check has its own, and says the same with it.
  const check = () => box.run(process.execPath, [join(dist, 'start.cjs'), 'check', '--format', 'json']);
  const [compiled, cached] = [await check(), await check()];
  expect(compiled.code).toBe(0);
  expect(cached).toEqual(compiled);
  expect((await readdir(dist)).filter((file) => /^check-\w+-check-.*\.cache$/.test(file))).toHaveLength(1);
});
