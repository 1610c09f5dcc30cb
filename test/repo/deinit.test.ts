import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

it('deinit leaves no plaintext that the next git add would store, in no working tree, and asks first', async () => {
  const team = await createTeam(secretRule);
  const { box, sops } = team;
  await box.commit({ 'secrets/db.yaml': secret, 'secrets/api.yaml': secret });
  await box.git('worktree', 'add', '-q', join(box.root, 'linked'));
  const linked = box.at(join(box.root, 'linked'));
  const config = await box.read('.git/config');
  const untouched = async () => {
    expect(await box.read('.git/config')).toBe(config);
    expect(await box.read('secrets/api.yaml')).toBe(secret);
  };

  const asked = await sops('deinit');
  expect(asked.code).toBe(1);
  expect(asked.stdout.toString()).toContain('  - lock 2 covered files: ciphertext here\n');
  expect(asked.stdout.toString()).toContain('  - take filter and diff driver out of');
  expect(asked.stderr).toContain('nothing was written\n  try: git sops deinit --yes');
  await untouched();

  // An edit, a secret that Git does not know yet, one that it only expects, and an edit elsewhere: nothing is written.
  await box.write('secrets/db.yaml', `${secret}token: hunter3\n`);
  const edited = await sops('deinit', '--yes');
  expect(edited.code).not.toBe(0);
  expect(edited.stderr).toContain('secrets/db.yaml: has changes that are not staged');
  await box.write('secrets/db.yaml', secret);
  await box.write('secrets/new.yaml', secret);
  expect((await sops('deinit', '--yes')).stderr).toContain('secrets/new.yaml: is covered, and what lies here');
  await box.git('add', '--intent-to-add', 'secrets/new.yaml');
  expect((await sops('deinit', '--yes')).stderr).toContain('secrets/new.yaml: is covered, and what lies here');
  await box.git('add', 'secrets/new.yaml');
  await linked.write('secrets/api.yaml', `${secret}token: hunter3\n`);
  expect((await sops('deinit', '--yes')).stderr).toContain('secrets/api.yaml: has changes that are not staged');
  await linked.write('secrets/api.yaml', secret);
  await untouched();

  const done = await sops('deinit', '--yes');
  expect(done.stderr).toBe('');
  expect(done.code).toBe(0);
  expect(done.stdout.toString()).toContain('locked 3 covered files: ciphertext here\n');
  for (const place of [box, linked]) {
    await place.git('add', '--all');
    await place.git('commit', '--quiet', '--allow-empty', '--message', 'after');
    expect((await place.blob('HEAD:secrets/db.yaml')).toString()).toContain('password: ENC[');
    expect(await place.git('log', '--all', '-p')).not.toContain('hunter');
  }
});

it('deinit --keep-plaintext leaves working files as they are, what a user has set by hand too, and says so', async () => {
  const { box, sops } = await createTeam(secretRule);
  // In a working tree that is gone nothing can be locked, and no plaintext lies.
  await box.commit({ 'secrets/db.yaml': secret });
  await box.git('worktree', 'add', '-q', join(box.root, 'gone'));
  await rm(join(box.root, 'gone'), { recursive: true });
  await box.git('config', 'sops.agePlugin', 'yubikey');
  const done = await sops('deinit', '--yes', '--keep-plaintext');
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('git add stores them so')]);
  expect(done.stdout.toString()).not.toContain('locked');
  expect(done.stdout.toString()).toContain(
    'left sops.ageplugin in this clone’s Git configuration: you set it, not init',
  );
  expect(await box.read('secrets/db.yaml')).toBe(secret);
  expect(await box.git('config', 'sops.agePlugin')).toBe('yubikey');
  expect(await box.read('.git/config')).not.toContain('filter "sops"');

  await sops('init', '--yes');
  // Ciphertext that Git does not know yet, and plaintext that it stores as such, are no reason to stay.
  await box.write('secrets/new.yaml', await box.blob('HEAD:secrets/db.yaml'));
  const input = Buffer.from('password: in the clear\n');
  const oid = String(await box.gitBytes(['hash-object', '-w', '--stdin'], { input })).trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/clear.yaml`);
  await box.write('secrets/clear.yaml', input);
  const again = await sops('deinit', '--yes');
  expect([again.code, again.stderr]).toEqual([0, '']);
  expect(again.stdout.toString()).toContain('locked one covered file: ciphertext here');
  expect(await box.read('secrets/db.yaml')).toContain('ENC[');
});

it('lock and unlock name each file that they leave behind, and exit 1', async () => {
  const { box, sops } = await createTeam(secretRule);
  await box.commit({ 'secrets/db.yaml': secret, 'secrets/api.yaml': secret });
  await box.git('checkout', '-q', '-b', 'side');
  await box.commit({ 'secrets/db.yaml': 'user: admin\npassword: theirs2\n' });
  await box.git('checkout', '-q', 'main');
  await box.commit({ 'secrets/db.yaml': 'user: admin\npassword: ours2\n' });
  expect((await box.tryGit(['merge', '-q', 'side'])).code).not.toBe(0);

  expect((await sops('deinit', '--yes')).stderr).toContain('secrets/db.yaml: is in conflict');
  const locked = await sops('lock');
  expect(locked.code).toBe(1);
  expect(locked.stderr).toContain('secrets/db.yaml: is in conflict and stays plaintext here');
  expect(await box.read('secrets/api.yaml')).toContain('ENC[');

  await box.write('secrets/api.yaml', (await box.read('secrets/api.yaml')).replace('user:', 'User:'));
  const unlocked = await sops('unlock');
  expect(unlocked.code).toBe(1);
  expect(unlocked.stderr).toContain('secrets/api.yaml: has changes that are not staged');
});

it('deinit takes the .gitattributes away that init made, and leaves one that holds more', async () => {
  const { box, sops } = await createTeam(secretRule);
  await box.commit();
  const done = await sops('deinit', '--yes');
  expect([done.code, done.stdout.toString()]).toEqual([
    0,
    expect.stringContaining('took .gitattributes away: it holds nothing else\n'),
  ]);
  expect(await box.git('status', '--short')).toBe(' D .gitattributes');
  await box.git('checkout', '-q', '.gitattributes');
  await box.write('.gitattributes', `*.md text\n${await box.read('.gitattributes')}`);
  expect((await sops('deinit', '--yes')).stdout.toString()).toContain('took the lines out of .gitattributes\n');
  expect(await box.read('.gitattributes')).toBe('*.md text\n');
});
