import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nothingLeaked } from './corners.ts';
import { type Runtime, runtimes } from './runtime.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const text = (user: string, password: string) => `user: ${user}\npassword: ${password}\n`;
const names = Array.from({ length: 4 }, (_, i) => `secrets/s${i}.yaml`);
const all = (content: string) => Object.fromEntries(names.map((name) => [name, content]));

/** Branches `main` and `topic`, which changed every file; what programs of ours do goes to a trace. */
async function diverged(runtime: Runtime = 'node', theirs = text('hunter-root', 'hunter2')): Promise<Team & Traced> {
  const team = await createTeam(secretRule, runtime);
  const trace = join(team.box.root, 'trace');
  const temporary = join(team.box.root, 'temporary');
  await mkdir(temporary);
  const box = team.box.with({ TMPDIR: temporary });
  await box.commit(all(text('hunter-admin', 'hunter2')), 'base');
  await box.git('switch', '-q', '-c', 'topic');
  await box.commit(all(theirs), 'theirs');
  await box.git('switch', '-q', 'main');
  await box.commit(all(text('hunter-admin', 'hunter3')), 'ours');
  const starts = async () => {
    const lines = (await readFile(trace, 'utf8')).split('\n');
    return lines.flatMap((line) => /\d ms {2}(merge-(?:server|driver))$/.exec(line)?.[1] ?? []);
  };
  return { ...team, box: box.with({ GIT_SOPS_TRACE: trace }), starts, temporary };
}

interface Traced {
  /** The programs of ours that merged. */
  starts(): Promise<string[]>;
  readonly temporary: string;
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 20));

async function isEmpty(folder: string): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    if ((await readdir(folder)).length === 0) return true;
    await moment();
  }
  return false;
}

describe('merging many files', () => {
  it.each(runtimes)('%s: one program merges all that one Git command asks about, and ends with it', async (runtime) => {
    const { box, starts, temporary, sops } = await diverged(runtime);
    await box.git('merge', '-q', '--no-edit', 'topic');
    for (const name of names) expect(await box.read(name)).toBe(text('hunter-root', 'hunter3'));
    expect(await starts()).toEqual(['merge-server']);
    expect((await sops('check', 'HEAD')).code).toBe(0);
    expect(await isEmpty(temporary)).toBe(true);

    // Git is killed while the server works.
    await box.git('reset', '-q', '--hard', 'HEAD~');
    const before = await box.git('rev-parse', 'HEAD');
    const killed = box.run('sh', ['-c', 'echo $$ >../pid; exec git merge -q topic']);
    for (let tries = 0; tries < 1000 && (await readdir(temporary)).length === 0; tries++) await moment();
    process.kill(Number(await readFile(join(box.root, 'pid'), 'utf8')), 'SIGKILL');
    await killed;
    expect(await isEmpty(temporary)).toBe(true);
    expect(await box.git('rev-parse', 'HEAD')).toBe(before);
  });

  it('says what it has to say, file by file, and takes any name', async () => {
    const { box, starts } = await diverged('node', text('hunter-admin', 'hunter4'));
    const odd = ['secrets/new\nline.yaml', 'secrets/- $(x) %A %s\\0.yaml', "secrets/it's.yaml"];
    await box.git('switch', '-q', 'main~1', '--detach');
    await box.commit(Object.fromEntries(odd.map((name) => [name, text('hunter-a', 'hunter-b')])), 'odd');
    await box.git('switch', '-q', '-c', 'left');
    await box.commit(Object.fromEntries(odd.map((name) => [name, text('hunter-a', 'hunter-c')])), 'left');
    await box.git('switch', '-q', '-c', 'right', 'left~');
    await box.commit(Object.fromEntries(odd.map((name) => [name, text('hunter-d', 'hunter-b')])), 'right');
    await box.git('merge', '-q', '--no-edit', 'left');
    for (const name of odd) expect(await box.read(name)).toBe(text('hunter-d', 'hunter-c'));

    await box.git('switch', '-q', 'main');
    const broken = (await box.blob('topic:secrets/s3.yaml')).toString().replace(/iv:..../, 'iv:AAAA');
    const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: broken })).toString().trim();
    await box.git('switch', '-q', 'topic');
    await box.git('update-index', '--cacheinfo', `100644,${oid},secrets/s3.yaml`);
    await box.git('commit', '-q', '--no-verify', '-m', 'broken');
    await box.git('switch', '-q', '-f', 'main');
    const merge = await box.tryGit(['merge', 'topic']);
    expect(merge.code).toBe(1);
    expect(merge.stderr).toContain('secrets/s3.yaml: nothing was merged: our version stays');
    expect(await box.read('secrets/s2.yaml')).toMatch(/^<{7} .*\npassword: hunter3\n={7}\npassword: hunter4\n>{7} /m);
    expect(new Set(await starts())).toEqual(new Set(['merge-server']));
    await nothingLeaked(box);
  });

  it('P7: goes on alone where the server ends; uses no folder that is there already, or is behind a link', async () => {
    const { box, starts, temporary } = await diverged();
    const driver = await box.git('config', 'merge.sops.driver');
    const merges = async (changed: string) => {
      expect(changed).not.toBe(driver);
      await box.git('reset', '-q', '--hard', 'main');
      await box.git('config', 'merge.sops.driver', changed);
      return box.tryGit(['merge', '--no-edit', 'topic']);
    };
    await box.git('switch', '-q', '-c', 'merged');
    const ends = await merges(driver.replace(/then \S+ \S+ merge-server/, 'then false'));
    expect(ends.code).toBe(0);
    expect(await starts()).toEqual(names.map(() => 'merge-driver'));
    expect(await box.read(names[0] ?? '')).toBe(text('hunter-root', 'hunter3'));

    const elsewhere = join(box.root, 'elsewhere');
    await mkdir(elsewhere);
    await box.run('mkfifo', [join(elsewhere, 'q'), join(elsewhere, 'a')]);
    await writeFile(join(elsewhere, 'nonce'), 'a nonce that somebody else knows\n');
    await symlink(elsewhere, join(temporary, 'known'));
    expect((await merges(driver.replace('git-sops-merge-$PPID', 'known'))).code).toBe(0);
    expect(await starts()).toEqual([...names, ...names].map(() => 'merge-driver'));
    expect(await readdir(elsewhere)).toEqual(['a', 'nonce', 'q']);
    await rm(join(temporary, 'known'));

    // Other text on the pipe is no answer, whatever it says.
    const script = join(box.root, 'server');
    const answering = driver.replace(/then \S+ \S+ merge-server/, `then sh ${script}`).replace('"%s\\0"', '"%s\\n"');
    await writeFile(
      script,
      'IFS= read -r id <&3; echo "$id begins" >&4; echo "$id exits 0" >&4; echo " $id exits 0" >&4\n',
    );
    const forged = await merges(answering);
    expect([forged.code, forged.stderr]).toEqual([0, expect.stringMatching(/^\d+ exits 0$/m)]);
    for (const name of names) expect(await box.read(name)).toBe(text('hunter-root', 'hunter3'));

    // With a file begun, nobody knows what is in it. Git's first file is the last one.
    await writeFile(
      script,
      'read -r n <"$1/nonce"; IFS= read -r id <&3; echo "$n $id begins" >&4; echo "$id exits 0" >&4\n',
    );
    const merge = await merges(answering);
    expect(merge.code).not.toBe(0);
    expect(merge.stderr).toContain('the merge of a file ended early');
    expect(await box.git('rev-list', '--merges', 'HEAD')).toBe('');
    expect(await box.read(names.at(-1) ?? '')).toBe(text('hunter-admin', 'hunter3'));
    await nothingLeaked(box);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('P7: leaves our version where the result cannot be written: half a file is no conflict', async () => {
    const { box, sops } = await diverged();
    const driver = await box.git('config', 'merge.sops.driver');
    // No file longer than one block, and a write that fails instead of a process that is killed.
    await box.git('config', 'merge.sops.driver', `trap '' XFSZ; ulimit -f 1; ${driver}`);
    const merge = await box.with({ GIT_SOPS_TRACE: '' }).tryGit(['merge', '--no-edit', 'topic']);
    for (const name of names) {
      expect(merge.stderr).toContain(`git-sops: ${name}: cannot be written (EFBIG`);
      expect(merge.stderr).toContain(`${name}: nothing was merged: our version stays, as a conflict`);
      expect(await box.read(name)).toBe(text('hunter-admin', 'hunter3'));
      expect(await box.blob(`:2:${name}`)).toEqual(await box.blob(`main:${name}`));
    }
    expect((await sops('check', 'HEAD')).code).toBe(0);
    expect(merge.code).toBe(1);
    await nothingLeaked(box);
  });
});
