import { expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { hasTerminal, onTerminal } from '../on-terminal.ts';
import { hasSops } from '../sops.ts';
import { createOffice } from './people.ts';

const db = 'secrets/db.yaml';
const secret = '# the database\nuser: app   # not a secret\npassword: hunter2\nlist: [1, two]\n';
const tokens = (blob: Buffer) => blob.toString().match(/ENC\[[^\]]+\]/g);
const lines = (text: string) => text.split('\n');

it.skipIf(!hasTerminal)(
  'a newcomer who says no leaves nothing behind: no key, no request, no set-up (needs python3)',
  async () => {
    const office = await createOffice();
    const ann = await (await (await office.hire('Ann')).withKey()).clone(office.remote);
    await ann.box.write(
      '.sops.yaml',
      `creation_rules:\n  - path_regex: ^secrets/\n    age: ${await ann.recipient()}\n`,
    );
    await ann.did('init', '--yes');
    await ann.box.commit({ [db]: secret }, 'first');
    await ann.box.git('push', '-q', 'origin', 'main');

    const bob = await (await office.hire('Bob')).clone(office.remote);
    const { box } = bob;
    const state = async () => ({
      status: await box.git('status', '--short', '--untracked-files=all'),
      config: await box.git('config', '--local', '--list'),
      hooks: (await box.run('ls', ['-R', '.git/hooks', box.env['HOME'] ?? ''])).stdout.toString(),
    });
    const before = await state();
    for (const answer of ['n\n', '\n', '\u0004', '\u0003']) {
      const declined = await onTerminal(box, [['Go on?', answer]], ['bash', '-c', 'git sops join </dev/tty']);
      expect(declined).toMatchObject({ code: 1, left: [] });
      expect(declined.shown).toContain('git sops join will');
      expect(declined.shown).toContain('nothing was written');
      // A key that is not kept is not shown: a colleague could let it in.
      expect(declined.shown).not.toMatch(/age1[a-z0-9]{10}/);
      expect(await state()).toEqual(before);
    }
    const agreed = await onTerminal(box, [['Go on?', 'y\n']], ['bash', '-c', 'git sops join </dev/tty']);
    expect(agreed).toMatchObject({ code: 0, left: [] });
    expect(await box.git('status', '--short')).toBe('A  .sops/requests/bob.pub');
  },
);

it.skipIf(!hasSops || !hasTerminal)(
  'a newcomer asks, a colleague approves, both work, and one leaves (needs sops, python3)',
  async () => {
    const office = await createOffice();
    const ann = await (await (await office.hire('Ann')).withKey()).clone(office.remote);
    const rules = `# who reads what
creation_rules:
  # the application
  - path_regex: ^secrets/
    age:
      - ${await ann.recipient()}   # Ann
`;
    await ann.box.write('.sops.yaml', rules);
    await ann.did('init', '--yes');
    await ann.box.commit({ [db]: secret, 'secrets/app.env': 'TOKEN=abc\n', 'README.md': 'hello\n' }, 'first');
    await ann.box.git('push', '-q', 'origin', 'main');

    // Bob has no key and no access; what he types is one command.
    const bob = await (await office.hire('Bob')).clone(office.remote);
    const joined = await bob.did('join', '--yes');
    expect(joined).toContain('git sops recipients add bob');
    expect(await bob.box.git('status', '--short')).toBe('A  .sops/requests/bob.pub');
    expect(await bob.box.read(db)).toContain('ENC[AES256_GCM');
    await bob.box.git('commit', '-q', '-m', 'Bob asks to read the secrets');
    await bob.box.git('push', '-q', 'origin', 'HEAD:join-bob');
    // Nobody trusts the request by itself.
    expect((await bob.realSops(`HEAD:${db}`)).code).toBe(128);
    const open = await bob.did('status');
    expect([open.includes('Bob'), open.includes('One request to read')]).toEqual([false, true]);

    await ann.box.git('pull', '-q', 'origin', 'join-bob');
    const recipient = await bob.recipient();
    expect(await ann.did('recipients')).toMatch(
      new RegExp(`Who asks to read\\n {2}Bob +${recipient} +Bob, .*not signed +git sops recipients add bob`),
    );
    // Without a terminal nobody says whose key it is.
    const unasked = await ann.sops('recipients', 'add', 'bob');
    expect([unasked.code, await ann.box.git('status', '--short')]).toEqual([1, '']);
    expect(unasked.stderr).toContain('Compare the key with them by another way');
    // Whoever can push can call himself Bob: that names neither, and no file's name passes for a recipient.
    const mallory = generateKeyFile().recipient;
    const carol = generateKeyFile().recipient;
    await ann.box.write('.sops/requests/aaa.pub', `# name: Bob\n${mallory}\n`);
    await ann.box.write(`.sops/requests/${carol}.pub`, `# name: Carol\n${mallory}\n`);
    const meant = (given: string) => ann.sops('recipients', 'add', given, '--dry-run', '--format', 'json');
    const unclear = await meant('Bob');
    expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining('"Bob" names several')]);
    for (const [given, key] of [
      ['bob', recipient],
      ['aaa', mallory],
      ['.sops/requests/bob.pub', recipient],
      [recipient, recipient],
      [carol, carol],
    ] as const) {
      const report = JSON.parse((await meant(given)).stdout.toString());
      expect([given, report.recipients.map((one: { recipient: string }) => one.recipient)]).toEqual([given, [key]]);
    }
    await ann.box.run('rm', ['.sops/requests/aaa.pub', `.sops/requests/${carol}.pub`]);
    const before = await ann.box.blob(`HEAD:${db}`);
    const tried = await ann.did('recipients', 'add', 'bob', '--dry-run');
    expect(tried).toContain('Nothing was written');
    expect(await ann.box.git('status', '--short')).toBe('');
    const typed = ['bash', '-c', 'git sops recipients add bob </dev/tty'];
    const denied = await onTerminal(ann.box, [['Is it theirs? [y/N]', 'n\n']], typed);
    expect([denied.code, await ann.box.git('status', '--short')]).toEqual([1, '']);
    expect(await onTerminal(ann.box, [['Is it theirs? [y/N]', 'y\n']], typed)).toMatchObject({ code: 0, left: [] });
    expect(lines(await ann.box.git('status', '--short'))).toEqual([
      'M  .sops.yaml',
      'D  .sops/requests/bob.pub',
      'M  secrets/app.env',
      `M  ${db}`,
    ]);
    expect(await ann.box.read('.sops.yaml')).toBe(`${rules}      - ${recipient}   # Bob\n`);
    expect(await ann.box.read(db)).toBe(secret);
    await ann.box.git('commit', '-q', '-m', 'Let Bob read');
    const after = await ann.box.blob(`HEAD:${db}`);
    expect(tokens(after)).toEqual(tokens(before));
    expect(lines(after.toString()).filter((line) => !lines(before.toString()).includes(line)).length).toBeGreaterThan(
      5,
    );
    expect((await ann.realSops(`HEAD:${db}`)).code).toBe(0);
    await ann.box.git('push', '-q', 'origin', 'main');

    // Bob pulls, and works.
    await bob.box.git('pull', '-q', 'origin', 'main');
    expect(await bob.box.read(db)).toBe(secret);
    expect(await bob.box.read('secrets/app.env')).toBe('TOKEN=abc\n');
    expect(await bob.box.git('status', '--short')).toBe('');
    expect((await bob.realSops(`HEAD:${db}`)).stdout).toContain('hunter2');
    await bob.box.write(db, secret.replace('hunter2', 'hunter3'));
    await bob.box.git('commit', '-q', '-a', '-m', 'a new password');
    await bob.box.git('push', '-q', 'origin', 'HEAD:main');
    expect(await bob.did('join', '--yes')).toContain('You are a recipient here already');
    await ann.box.git('pull', '-q', 'origin', 'main');
    expect(await ann.box.read(db)).toContain('hunter3');

    const who = JSON.parse(await ann.did('status', '--json'));
    expect(who.people).toEqual([
      { recipient: await ann.recipient(), name: 'Ann', you: true, files: ['secrets/app.env', db] },
      { recipient, name: 'Bob', you: false, files: ['secrets/app.env', db] },
    ]);
    expect(await ann.did('status')).toMatch(/secrets\/db\.yaml .* Ann \(you\), Bob /);

    // Bob leaves.
    const left = await onTerminal(ann.box, [], ['git', 'sops', 'recipients', 'remove', 'bob']);
    // How far it is shows on a terminal, and nowhere else.
    expect(left.shown).toContain(`\r[${'#'.repeat(15)}${'.'.repeat(15)}] 1/2`);
    expect(left.shown.replaceAll('\r\n', '\n')).toContain(
      `  ${db}\n    [ ] user\n    [ ] password\n    [ ] list[0]\n    [ ] list[1]\n    [ ] 2 encrypted comments\n`,
    );
    expect(await ann.box.read('.sops.yaml')).toBe(rules);
    expect(await ann.box.git('diff', '--name-only')).toBe('');
    await ann.box.git('commit', '-q', '-m', 'Take Bob off');
    const rotated = await ann.box.blob(`HEAD:${db}`);
    const old = await ann.box.blob(`HEAD~1:${db}`);
    expect(tokens(rotated)?.filter((token) => tokens(old)?.includes(token))).toEqual([]);
    await ann.box.git('push', '-q', 'origin', 'main');
    await bob.box.git('fetch', '-q');
    expect((await bob.realSops(`origin/main:${db}`)).code).toBe(128);
    expect((await ann.realSops(`HEAD:${db}`)).code).toBe(0);
    expect((await ann.sops('check', 'HEAD')).code).toBe(0);
  },
  240_000,
);

it('one key asks once: a second join under another name takes the place of the first, staged or committed', async () => {
  const office = await createOffice();
  const ann = await (await (await office.hire('Ann')).withKey()).clone(office.remote);
  await ann.box.write('.sops.yaml', `creation_rules:\n  - path_regex: ^secrets/\n    age: ${await ann.recipient()}\n`);
  await ann.did('init', '--yes');
  await ann.box.commit({ [db]: secret }, 'first');
  await ann.box.git('push', '-q', 'origin', 'main');

  const bob = await (await (await office.hire('Bob')).withKey()).clone(office.remote);
  const { box } = bob;
  const status = () => box.git('status', '--short');
  await bob.did('join', '--yes');
  const second = await bob.did('join', '--yes', '--name', 'Robert');
  expect(second).toContain('did put your public key into .sops/requests/robert.pub, instead of .sops/requests/bob.pub');
  expect(await status()).toBe('A  .sops/requests/robert.pub');
  const commit = (text: string) => /^ {2}(git commit -m .*)$/m.exec(text)?.[1] ?? '';
  expect((await box.run('sh', ['-c', commit(second)])).code).toBe(0);
  const third = await bob.did('join', '--yes', '--name', 'Bobby');
  expect((await status()).split('\n').length).toBeLessThanOrEqual(2);
  expect((await box.run('sh', ['-c', commit(third)])).code).toBe(0);
  expect(await box.git('ls-files', '.sops')).toBe('.sops/requests/bobby.pub');
  expect(await status()).toBe('');
});
