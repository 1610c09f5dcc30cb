import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { isClean, nothingLeaked, password, path, secret, sopsReads, withSecret } from './corners.ts';
import type { Team } from './team.ts';

/** Two branches that disagree about a secret and about a plain file; rerere is on. */
async function diverged(): Promise<Team> {
  const team = await withSecret();
  const { box } = team;
  await box.git('config', 'rerere.enabled', 'true');
  await box.git('switch', '-q', '-c', 'topic');
  await box.commit({ [path]: password('hunter4'), 'plain.txt': 'theirs\n' });
  await box.git('switch', '-q', 'main');
  await box.commit({ [path]: password('hunter3'), 'plain.txt': 'ours\n' });
  return team;
}

async function recorded(box: Sandbox): Promise<string> {
  const cache = join(box.repo, '.git/rr-cache');
  if (!existsSync(cache)) return '';
  let all = '';
  for (const name of await readdir(cache, { recursive: true }))
    if (/(image|\.\d+)$/.test(name)) all += await box.read(join('.git/rr-cache', name));
  return all;
}

const merge = (box: Sandbox) => box.tryGit(['merge', 'topic']);

describe('rerere', () => {
  it('keeps plaintext, replays a resolution as plaintext, and Git gets ciphertext all the same', async () => {
    const team = await diverged();
    const { box } = team;
    const before = await box.git('rev-parse', 'HEAD');
    expect((await merge(box)).code).toBe(1);
    // Git's own doing, which is why doctor and init speak of it.
    expect(await recorded(box)).toContain('password: hunter4');
    await box.commit({ [path]: password('hunter5'), 'plain.txt': 'both\n' });
    await sopsReads(team);
    await box.git('reset', '-q', '--hard', before);
    expect((await merge(box)).stderr).toContain(`Resolved '${path}' using previous resolution`);
    expect(await box.read(path)).toBe(password('hunter5'));
    const recipient = /recipient: (\S+)/.exec((await box.blob(`${before}:${path}`)).toString())?.[1];
    const user = /^user: .*$/m.exec((await box.blob(`${before}:${path}`)).toString())?.[0];
    await box.commit();
    // The blob follows ours, not a data key of its own.
    const stored = (await box.blob(`HEAD:${path}`)).toString();
    expect(stored).toContain(`recipient: ${recipient}`);
    expect(stored).toContain(user);
    await isClean(box);
    await sopsReads(team);
    await nothingLeaked(box);
  });

  it('with rerere.autoUpdate stages what it replays encrypted', async () => {
    const team = await diverged();
    const { box } = team;
    await box.git('config', 'rerere.autoUpdate', 'true');
    await merge(box);
    await box.commit({ [path]: password('hunter5'), 'plain.txt': 'both\n' });
    await box.git('reset', '-q', '--hard', 'HEAD~');
    await merge(box);
    expect(await box.git('ls-files', '-u')).toBe('');
    await box.git('commit', '-q', '--no-edit');
    await isClean(box);
    expect(await sopsReads(team)).toMatch(/hunter5|^$/);
    await nothingLeaked(box);
  });

  it('init --rerere off: covered files leave nothing in its cache, other files do', async () => {
    const { box, sops } = await diverged();
    const doctor = await sops('doctor');
    expect(doctor.stdout.toString()).toContain('git sops init --rerere off');
    expect((await sops('init', '--yes')).stdout.toString()).toContain('git rerere is on here');
    const done = await sops('init', '--yes', '--rerere', 'off');
    expect(done.code).toBe(0);
    expect(done.stdout.toString()).not.toContain('git rerere is on here');
    expect((await sops('doctor')).stdout.toString()).not.toContain('rerere');
    expect((await sops('init', '--yes')).stdout.toString()).toBe('Everything is set up.\n');

    expect((await merge(box)).code).toBe(1);
    const text = await box.read(path);
    expect(text).toMatch(/^<{7} .*\npassword: hunter3\n={7}\npassword: hunter4\n>{7} /m);
    expect(await recorded(box)).toContain('theirs');
    expect(await recorded(box)).not.toContain('hunter');
    expect((await box.tryGit(['add', path])).stderr).toContain('unresolved conflict markers');
    await box.commit({ [path]: password('hunter5'), 'plain.txt': 'both\n' });
    expect(await recorded(box)).toContain('both');
    expect(await recorded(box)).not.toContain('hunter');

    // Locking and unlocking keeps the choice, "on" and deinit take it back.
    expect((await sops('lock')).code).toBe(0);
    expect((await sops('unlock')).code).toBe(0);
    expect(await box.git('config', 'merge.sops.driver')).toContain(' %B 7 %P');
    expect((await sops('init', '--yes', '--rerere', 'on')).code).toBe(0);
    expect(await box.git('config', 'merge.sops.driver')).toContain(' %B %L %P');
    expect(await box.git('check-attr', 'conflict-marker-size', path)).toContain('unspecified');
    expect((await sops('init', '--yes', '--rerere', 'off')).code).toBe(0);
    expect(await box.git('check-attr', 'conflict-marker-size', path)).toContain(': 8');
    expect((await sops('deinit', '--yes')).code).toBe(0);
    expect(await box.git('check-attr', 'conflict-marker-size', path)).toContain('unspecified');
    expect((await sops('init', '--rerere', 'perhaps')).code).toBe(2);
  });

  it('says nothing where it is off, and sees the folder that turns it on', async () => {
    const { box, sops } = await withSecret();
    expect((await sops('doctor')).stdout.toString()).not.toContain('rerere');
    await box.write('.git/rr-cache/x/preimage', secret);
    expect((await sops('doctor')).stdout.toString()).toContain('rerere is on');
    await box.git('config', 'rerere.enabled', 'false');
    expect((await sops('doctor')).stdout.toString()).not.toContain('rerere');
  });
});
