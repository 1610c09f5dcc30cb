import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { hasSops, sops } from '../sops.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const path = 'secrets/db.yaml';
const before = `apiVersion: v1
kind: Secret
stringData:
    user: admin
    password: hunter2
    # where it is
    url: postgres://db:5432
users:
    - name: alice
      token: alice-token-0
    - name: bob
      token: bob-token-0
`;

/** Two branches, `main` and `topic`, which changed the same file; `main` is checked out. */
async function diverged(
  ours: string,
  theirs: string,
  base: string | null = before,
  file = path,
  rules: (recipient: string) => string = secretRule,
): Promise<Team> {
  const team = await createTeam(rules);
  const { box } = team;
  await box.commit(base === null ? { other: '' } : { [file]: base }, 'base');
  await box.git('checkout', '-q', '-b', 'topic');
  await box.commit({ [file]: theirs }, 'theirs');
  await box.git('checkout', '-q', 'main');
  await box.commit({ [file]: ours }, 'ours');
  return team;
}

async function everyObject(box: Sandbox): Promise<string> {
  return (await box.gitBytes(['cat-file', '--batch-all-objects', '--batch'])).toString('latin1');
}

/** The real sops reads what Git stores. */
async function realSops({ box, keyFile }: Team, object: string, type = 'yaml'): Promise<string> {
  const file = join(box.root, 'blob');
  await writeFile(file, await box.blob(object));
  const done = sops(['decrypt', '--input-type', type, '--output-type', type, file], {
    env: { SOPS_AGE_KEY_FILE: keyFile },
  });
  expect(done.stderr).toBe('');
  return done.stdout.toString();
}

const change = (text: string, ...pairs: [string, string][]) =>
  pairs.reduce((result, [from, to]) => {
    expect(result).toContain(from);
    return result.replace(from, to);
  }, text);

describe('merges that are clean', () => {
  it('merges changes to different keys, neighbours too, and keeps every untouched ciphertext', async () => {
    const ours = change(before, ['hunter2', 'hunter3']);
    const theirs = change(before, ['user: admin', 'user: root'], ['bob-token-0', 'bob-token-1']);
    const { box } = await diverged(ours, theirs);
    const [oldOurs, oldTheirs] = [await box.blob(`main:${path}`), await box.blob(`topic:${path}`)];
    await box.git('merge', '-q', '--no-edit', 'topic');
    expect(await box.read(path)).toBe(change(ours, ['user: admin', 'user: root'], ['bob-token-0', 'bob-token-1']));
    expect(await box.git('status', '--porcelain')).toBe('');
    const known = new Set([...oldOurs.toString().split('\n'), ...oldTheirs.toString().split('\n')]);
    const fresh = (await box.blob(`HEAD:${path}`))
      .toString()
      .split('\n')
      .filter((line) => !known.has(line));
    expect(fresh.map((line) => line.trim().split(':')[0])).toEqual(expect.arrayContaining(['mac']));
    expect(fresh.length).toBeLessThanOrEqual(2);
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);
  });

  it('merges edits, inserts, removals and moves by key and by name', async () => {
    const ours = `kind: Secret
apiVersion: v1
users:
    - name: bob
      token: bob-token-0
    - name: alice
      token: alice-token-1
stringData:
    user: admin
    password: hunter2
    # where it is
    url: postgres://db:5432
`;
    const theirs = change(
      before,
      ['password: hunter2', 'password: hunter3\n    extra: more'],
      ['    - name: bob', '    - name: carol\n      token: carol-token-0\n    - name: bob'],
    );
    const { box } = await diverged(ours, theirs);
    await box.git('merge', '-q', '--no-edit', 'topic');
    expect(await box.read(path)).toBe(`kind: Secret
apiVersion: v1
users:
    - name: bob
      token: bob-token-0
    - name: alice
      token: alice-token-1
    - name: carol
      token: carol-token-0
stringData:
    user: admin
    password: hunter3
    extra: more
    # where it is
    url: postgres://db:5432
`);
  });
});

describe('items of a list without names', () => {
  const users = (...items: readonly string[]) => `users:\n${items.map((item) => `    - ${item}\n`).join('')}`;
  const bob = (...fields: readonly string[]) => ['user: bob', ...fields].join('\n      ');
  const alice = 'user: alice\n      pw: alice-pw-1';

  it('never get what was meant for another one, nor what was taken away', async () => {
    const base = users(bob('pw: bob-pw-1', 'old: bob-old'));
    const ours = users(alice, bob('pw: bob-pw-2', 'old: bob-old'));
    const { box } = await diverged(ours, users(bob('pw: bob-pw-1', 'role: admin')), base);
    await box.git('merge', '-q', '--no-edit', 'topic');
    expect(await box.read(path)).toBe(users(alice, bob('pw: bob-pw-2', 'role: admin')));
    expect(await everyObject(box)).not.toMatch(/-pw-|bob-old/);
  });

  it('P1: are in conflict where one was replaced and the other side changed it', async () => {
    const { box } = await diverged(users(alice), users(bob('pw: bob-pw-1', 'role: admin')), users(bob('pw: bob-pw-1')));
    expect((await box.tryGit(['merge', '-q', '--no-edit', 'topic'])).code).toBe(1);
    expect((await box.read(path)).replace(/^(<<<<<<<|>>>>>>>) .*$/gm, '$1')).toBe(
      `users:\n<<<<<<<\n    - ${alice}\n=======\n    - ${bob('pw: bob-pw-1', 'role: admin')}\n>>>>>>>\n`,
    );
    expect(await everyObject(box)).not.toMatch(/-pw-/);
  });

  it('do not come back where the other side moved them', async () => {
    const { box } = await diverged(
      users('key-b', 'key-c'),
      users('key-c', 'key-b', 'key-a'),
      users('key-a', 'key-b', 'key-c'),
    );
    await box.git('merge', '-q', '--no-edit', 'topic');
    expect(await box.read(path)).toBe(users('key-c', 'key-b'));
  });
});

describe('conflicts', () => {
  it('P1: shows the smallest region in plaintext, stores it encrypted only, and takes the resolution', async () => {
    const ours = change(before, ['hunter2', 'hunter3'], ['alice-token-0', 'alice-token-1']);
    const theirs = change(before, ['hunter2', 'hunter4'], ['bob-token-0', 'bob-token-1']);
    const { box, sops: gitSops } = await diverged(ours, theirs);
    const merge = await box.tryGit(['merge', '-q', '--no-edit', 'topic']);
    expect(merge.code).toBe(1);
    const merged = change(ours, ['bob-token-0', 'bob-token-1']);
    const shown = (await box.read(path)).replace(/^(<<<<<<<|>>>>>>>) .*$/gm, '$1');
    expect(shown).toBe(
      merged.replace(
        '    password: hunter3\n',
        '<<<<<<<\n    password: hunter3\n=======\n    password: hunter4\n>>>>>>>\n',
      ),
    );
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);

    expect((await gitSops('status')).stdout.toString()).toMatch(/^secrets\/db\.yaml +changed +conflict +encrypted /m);

    // What only compares goes on working.
    for (const args of [['HEAD'], ['--ours'], ['topic'], ['--stat', '-p', 'HEAD']])
      expect(await box.git('diff', ...args), args.join(' ')).toContain('+=======\n');

    // Nobody can stage or commit the markers.
    for (const args of [['add', path], ['commit', '-a', '-m', 'x'], ['add', '--all'], ['stash']]) {
      const refused = await box.tryGit(args);
      expect(refused.code, args.join(' ')).not.toBe(0);
    }
    expect((await box.tryGit(['add', path])).stderr).toContain('unresolved conflict markers');
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);

    const resolved = change(merged, ['hunter3', 'hunter5']);
    await box.write(path, resolved);
    const theirsBlob = (await box.blob(`topic:${path}`)).toString();
    await box.git('add', path);
    await box.git('commit', '-q', '--no-edit');
    expect(await box.read(path)).toBe(resolved);
    expect(await box.git('status', '--porcelain')).toBe('');
    // Their new ciphertext is still theirs.
    const bob = theirsBlob.split('token: ')[2]?.split('\n')[0] ?? 'none';
    expect((await box.blob(`HEAD:${path}`)).toString()).toContain(bob);
    expect((await gitSops('check', 'HEAD')).code).toBe(0);
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);
  });
});

describe('every way to merge', () => {
  it('rebases, cherry-picks, reverts, pops a stash and pulls with --rebase', async () => {
    const ours = change(before, ['hunter2', 'hunter3']);
    const theirs = change(before, ['user: admin', 'user: root']);
    const both = change(ours, ['user: admin', 'user: root']);
    const { box } = await diverged(ours, theirs);

    await box.git('checkout', '-q', '-b', 'rebased', 'topic');
    await box.git('rebase', '-q', 'main');
    expect(await box.read(path)).toBe(both);

    await box.git('checkout', '-q', '-b', 'picked', 'main');
    await box.git('cherry-pick', 'topic');
    expect(await box.read(path)).toBe(both);

    await box.git('revert', '--no-edit', 'HEAD~1');
    expect(await box.read(path)).toBe(theirs);

    await box.git('checkout', '-q', 'main');
    await box.write(path, change(ours, ['alice-token-0', 'alice-token-1']));
    await box.git('stash', '-q');
    await box.git('merge', '-q', '--no-edit', 'topic');
    await box.git('stash', 'pop', '-q');
    expect(await box.read(path)).toBe(change(both, ['alice-token-0', 'alice-token-1']));
    await box.git('checkout', '-q', '--', path);

    const clone = box.at(join(box.root, 'clone'));
    await box.git('clone', '-q', box.repo, clone.repo);
    await clone.run('git', ['sops', 'init', '--yes']);
    await clone.commit({ [path]: change(both, ['bob-token-0', 'bob-token-1']) }, 'in the clone');
    await box.commit({ [path]: change(both, ['postgres', 'mysql']) }, 'in the origin');
    await clone.git('pull', '-q', '--rebase');
    expect(await clone.read(path)).toBe(change(both, ['bob-token-0', 'bob-token-1'], ['postgres', 'mysql']));
    expect(await everyObject(clone)).not.toMatch(/hunter|token-[01]/);
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);
  });

  it('merges three heads at once, a renamed file, and branches that merged each other', async () => {
    const { box } = await diverged(
      change(before, ['hunter2', 'hunter3']),
      change(before, ['user: admin', 'user: root']),
    );
    // Git's octopus never asks a merge driver (git-merge-one-file): it gives up, and leaves everything as it was.
    await box.git('checkout', '-q', '-b', 'third', 'main~1');
    await box.commit({ [path]: change(before, ['bob-token-0', 'bob-token-1']) }, 'third');
    await box.git('checkout', '-q', '-b', 'fourth', 'main~1');
    await box.commit({ 'secrets/other.yaml': before }, 'fourth');
    await box.git('checkout', '-q', '-b', 'octopus', 'main');
    expect((await box.tryGit(['merge', '--no-edit', 'topic', 'third'])).code).not.toBe(0);
    await box.git('reset', '-q', '--hard');
    expect(await box.read(path)).toBe(change(before, ['hunter2', 'hunter3']));
    await box.git('merge', '-q', '--no-edit', 'main~1', 'fourth');
    expect(await box.read('secrets/other.yaml')).toBe(before);
    for (const head of ['topic', 'third']) await box.git('merge', '-q', '--no-edit', head);
    expect(await box.read(path)).toBe(
      change(before, ['hunter2', 'hunter3'], ['user: admin', 'user: root'], ['bob-token-0', 'bob-token-1']),
    );

    await box.git('checkout', '-q', '-b', 'renamed', 'main');
    await box.git('mv', path, 'secrets/database.yaml');
    await box.git('commit', '-q', '-m', 'rename');
    await box.git('merge', '-q', '--no-edit', 'topic');
    expect(await box.read('secrets/database.yaml')).toBe(
      change(before, ['hunter2', 'hunter3'], ['user: admin', 'user: root']),
    );

    // Criss-cross: two common ancestors, which changed the same value differently and were resolved alike.
    await box.git('checkout', '-q', '-b', 'left', 'main');
    await box.commit({ [path]: change(before, ['hunter2', 'hunter-left']) });
    await box.git('checkout', '-q', '-b', 'right', 'main~1');
    await box.commit({ [path]: change(before, ['hunter2', 'hunter-right']) });
    const resolved = change(before, ['hunter2', 'hunter-both']);
    for (const [branch, other] of [
      ['left', 'right'],
      ['right', 'left~1'],
    ] as const) {
      await box.git('checkout', '-q', branch);
      const other_ = other === 'left~1' ? 'left^1' : other;
      expect((await box.tryGit(['merge', '-q', '--no-edit', other_])).code).toBe(1);
      await box.write(path, resolved);
      await box.git('commit', '-q', '-a', '--no-edit');
    }
    await box.commit({ [path]: change(resolved, ['url: postgres', 'url: mysql']) });
    await box.git('checkout', '-q', 'left');
    await box.commit({ [path]: change(resolved, ['user: admin', 'user: root']) });
    expect((await box.git('merge-base', '--all', 'left', 'right')).split('\n')).toHaveLength(2);
    await box.git('merge', '-q', '--no-edit', 'right');
    expect(await box.read(path)).toBe(change(resolved, ['url: postgres', 'url: mysql'], ['user: admin', 'user: root']));
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);
  });

  it('conflicts in the middle of a rebase, resolved and continued; checkout -m makes a conflict anew', async () => {
    const { box } = await diverged(change(before, ['hunter2', 'hunter3']), change(before, ['hunter2', 'hunter4']));
    await box.git('checkout', '-q', 'topic');
    expect((await box.tryGit(['rebase', 'main'])).code).not.toBe(0);
    const marked = await box.read(path);
    expect(marked).toMatch(/^<<<<<<< .*\n {4}password: hunter3\n=======\n {4}password: hunter4\n>>>>>>> /m);
    expect((await box.tryGit(['rebase', '--continue'])).code).not.toBe(0);
    await box.write(path, 'scratch');
    await box.git('checkout', '-q', '-m', '--', path);
    expect((await box.read(path)).replace(/^(<{7}|>{7}) .*$/gm, '')).toBe(marked.replace(/^(<{7}|>{7}) .*$/gm, ''));
    await box.git('checkout', '-q', '--theirs', '--', path);
    expect(await box.read(path)).toBe(change(before, ['hunter2', 'hunter4']));
    await box.git('add', path);
    await box.git('-c', 'core.editor=true', 'rebase', '--continue');
    expect(await box.git('log', '--format=%s')).toBe('theirs\nours\nbase');
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);
  });
});

describe.each([
  ['json', 'secrets/c.json', '{\n  "a": "hunter-a",\n  "b": {"c": "hunter-c"},\n  "list": [1, 2]\n}\n', 'json'],
  ['dotenv', 'secrets/app.env', '# about\nA=hunter-a\nB=hunter-c\n', 'dotenv'],
  ['INI', 'secrets/app.ini', '; about\n[s]\na = hunter-a\nb = hunter-c\n', 'ini'],
  ['text of no format', 'secrets/key.txt', 'hunter-a\n1\n2\n3\nhunter-c\n', 'binary'],
])('%s', (_, file, base, type) => {
  it.skipIf(!hasSops)('merges and conflicts, and the real sops reads the result (needs sops)', async () => {
    const ours = change(base, ['hunter-a', 'hunter-x']);
    const team = await diverged(ours, change(base, ['hunter-c', 'hunter-y']), base, file);
    const { box } = team;
    await box.git('merge', '-q', '--no-edit', 'topic');
    expect(await box.read(file)).toBe(change(ours, ['hunter-c', 'hunter-y']));
    expect(await realSops(team, `HEAD:${file}`, type)).toContain('hunter-y');

    await box.git('checkout', '-q', '-b', 'other', 'main~1^1');
    await box.commit({ [file]: change(base, ['hunter-a', 'hunter-z']) });
    expect((await box.tryGit(['merge', 'main'])).code).toBe(1);
    expect(await box.read(file)).toMatch(/^<<<<<<< [\s\S]*hunter-z[\s\S]*^=======\n[\s\S]*hunter-x[\s\S]*^>>>>>>> /m);
    expect((await box.tryGit(['add', file])).stderr).toContain('unresolved conflict markers');
    await box.write(file, change(base, ['hunter-a', 'hunter-w']));
    await box.git('commit', '-q', '-a', '--no-edit');
    expect(await realSops(team, `HEAD:${file}`, type)).toContain('hunter-w');
    expect(await everyObject(box)).not.toContain('hunter-');
  });
});

describe('bytes that are no text', () => {
  it('stay ours, as a conflict', async () => {
    const { box } = await createTeam(secretRule);
    const bytes = (last: number) => Buffer.from([0, 255, 1, last]);
    await box.commit({ 'secrets/k': bytes(1) });
    await box.git('checkout', '-q', '-b', 'topic');
    await box.commit({ 'secrets/k': bytes(2) });
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'secrets/k': bytes(3) });
    expect((await box.tryGit(['merge', 'topic'])).code).toBe(1);
    expect(await box.readBytes('secrets/k')).toEqual(bytes(3));
    await box.git('checkout', '-q', '--theirs', '--', 'secrets/k');
    expect(await box.readBytes('secrets/k')).toEqual(bytes(2));
    await box.git('commit', '-q', '-a', '--no-edit');
    expect(await box.blob('HEAD:secrets/k')).toEqual(await box.blob('topic:secrets/k'));
  });
});

describe('a working tree that is locked, and one without a key', () => {
  it('merges clean in ciphertext, leaves a conflict encrypted, and mergetool takes a side', async () => {
    const ours = change(before, ['hunter2', 'hunter3']);
    const { box, sops: gitSops } = await diverged(
      ours,
      change(before, ['hunter2', 'hunter4'], ['user: admin', 'user: root']),
    );
    await gitSops('lock');
    await box.git('checkout', '-q', '-b', 'clean', 'main~1');
    await box.git('merge', '-q', '--no-edit', 'main');
    expect(await box.readBytes(path)).toEqual(await box.blob(`HEAD:${path}`));

    await box.git('checkout', '-q', 'main');
    expect((await box.tryGit(['merge', 'topic'])).code).toBe(1);
    expect(await box.read(path)).toMatch(/ENC\[AES256_GCM,[\s\S]*"git_sops_conflict"/);
    expect((await box.tryGit(['add', path])).stderr).toContain('unresolved conflict markers');
    const refused = await gitSops('mergetool', path);
    expect(refused.stderr).toContain('--ours');
    expect((await gitSops('mergetool', '--theirs', path)).code).toBe(0);
    await box.git('commit', '-q', '--no-edit');
    await gitSops('unlock');
    expect(await box.read(path)).toBe(change(before, ['hunter2', 'hunter4'], ['user: admin', 'user: root']));
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);
  });

  it('P6: merges other files, says that a key is needed for this one, and goes on with a key', async () => {
    const ours = change(before, ['hunter2', 'hunter3']);
    const { box, keyFile, sops: gitSops } = await diverged(ours, change(before, ['user: admin', 'user: root']));
    await gitSops('lock');
    await rename(keyFile, `${keyFile}.away`);
    const merge = await box.tryGit(['merge', 'topic']);
    expect(merge.code).toBe(1);
    expect(merge.stderr).toContain('both sides changed it, so a merge needs a key');
    expect(await box.readBytes(path)).toEqual(await box.blob(`main:${path}`));
    await rename(`${keyFile}.away`, keyFile);
    await gitSops('unlock');
    expect((await gitSops('mergetool', path)).stdout.toString()).toContain('merged and staged');
    expect(await box.read(path)).toBe(change(ours, ['user: admin', 'user: root']));
    await box.git('commit', '-q', '--no-edit');
    expect(await box.git('status', '--porcelain')).toBe('');
  });
});

describe('a conflict that a plain git add took for settled, without a key', () => {
  it('is merged again by mergetool, and says how theirs is taken once that is gone', async () => {
    const ours = change(before, ['hunter2', 'hunter3']);
    const team = await diverged(ours, change(before, ['user: admin', 'user: root']));
    const { box, keyFile, sops: gitSops } = team;
    await gitSops('lock');
    await rename(keyFile, `${keyFile}.away`);
    expect((await box.tryGit(['merge', 'topic'])).code).toBe(1);
    await box.git('add', path);
    expect(await box.blob(`:${path}`)).toEqual(await box.blob(`main:${path}`));
    await rename(`${keyFile}.away`, keyFile);
    await gitSops('unlock');
    expect(await box.read(path)).toBe(ours);
    // Work that is not staged is not lost.
    await box.write(path, change(ours, ['hunter3', 'hunter5']));
    expect((await gitSops('mergetool', path)).stderr).toContain('git checkout -m');
    await box.write(path, ours);
    expect((await gitSops('mergetool', path)).stdout.toString()).toContain('merged and staged');
    expect(await box.read(path)).toBe(change(ours, ['user: admin', 'user: root']));
    // What is neither side is somebody's result.
    expect((await gitSops('mergetool', path)).stderr).toMatch(
      /in no conflict[\s\S]*git checkout MERGE_HEAD -- secrets/,
    );
    await box.git('checkout', 'main', '--', path);
    await box.git('commit', '-q', '--no-edit');
    await box.git('read-tree', 'HEAD');
    const late = await gitSops('mergetool', path);
    expect(late.stderr).toMatch(/in no conflict[\s\S]*git checkout HEAD\^2 -- secrets/);
    await box.git('checkout', 'HEAD^2', '--', path);
    expect(await box.read(path)).toContain('user: root');
  });
});

describe('mergetool after a merge by lines', () => {
  const ours = change(before, ['hunter2', 'hunter3']);
  const theirs = change(before, ['bob-token-0', 'bob-token-1']);
  const both = change(ours, ['bob-token-0', 'bob-token-1']);

  it('repairs what is still in the index, and what was committed', async () => {
    const { box, sops: gitSops } = await diverged(ours, theirs);
    // Somebody without git-sops: neither filter nor driver.
    const plain = box.at(join(box.root, 'plain'));
    await box.git('clone', '-q', box.repo, plain.repo);
    await plain.git('branch', '-q', 'topic', 'origin/topic');
    expect((await plain.tryGit(['merge', 'topic'])).code).toBe(1);
    expect(await plain.read(path)).toMatch(/^<<<<<<< [\s\S]*ENC\[/m);
    const run = (...args: string[]) => plain.run('git', ['sops', ...args]);
    const done = await run('mergetool', path);
    expect(done.stdout.toString()).toContain('merged and staged');
    // No filter there, so no plaintext either.
    expect(await plain.readBytes(path)).toEqual(await plain.blob(`:${path}`));
    await plain.git('commit', '-q', '--no-edit');

    await plain.git('reset', '-q', '--hard', 'origin/main');
    expect((await plain.tryGit(['merge', 'topic'])).code).toBe(1);
    await plain.git('commit', '-q', '-a', '--no-edit');
    expect((await run('check', 'HEAD')).code).toBe(1);
    expect((await run('mergetool', path)).stdout.toString()).toContain('merged and staged');
    await plain.git('commit', '-q', '-m', 'repair');
    expect((await run('check', 'HEAD')).code).toBe(0);
    await plain.git('push', '-q', 'origin', 'HEAD:refs/heads/repaired');

    await box.git('merge', '-q', 'repaired');
    expect(await box.read(path)).toBe(both);
    expect((await gitSops('mergetool', path)).code).toBe(2);
    expect(await everyObject(box)).not.toMatch(/hunter|token-[01]/);
  });

  it('loses no work: a resolution that has begun stays', async () => {
    const { box, sops: gitSops } = await diverged(ours, change(before, ['hunter2', 'hunter4']));
    expect((await box.tryGit(['merge', 'topic'])).code).toBe(1);
    expect((await gitSops('mergetool', path)).code).toBe(1);
    // As the driver or mergetool left it, it may be made anew.
    expect((await gitSops('mergetool', '--theirs', path)).code).toBe(0);
    expect(await box.read(path)).toBe(change(before, ['hunter2', 'hunter4']));
    await box.git('reset', '-q', '--hard');
    expect((await box.tryGit(['merge', 'topic'])).code).toBe(1);
    const begun = (await box.read(path)).replace('hunter3', 'hunter5');
    await box.write(path, begun);
    const refused = await gitSops('mergetool', path);
    expect(refused.stderr).toContain('git checkout -m');
    expect(await box.read(path)).toBe(begun);
    expect((await gitSops('mergetool', '--ours', '--theirs', path)).code).toBe(2);
  });
});

describe('a driver that cannot run', () => {
  it('P7: fails closed, as a conflict', async () => {
    const { box } = await diverged(
      change(before, ['hunter2', 'hunter3']),
      change(before, ['user: admin', 'user: root']),
    );
    const merge = await box.tryGit(['-c', 'merge.sops.driver=/nowhere/git-sops %A', 'merge', 'topic']);
    expect(merge.code).toBe(1);
    expect(await box.git('ls-files', '-u')).toContain('secrets/db.yaml');
    expect(await box.read(path)).toBe(change(before, ['hunter2', 'hunter3']));
  });
});
