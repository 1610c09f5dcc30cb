import { readFile, rm, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

it('a second keygen keeps the first key: both open their files, and it says so', async () => {
  const { box, sops, keyFile } = await createTeam();
  await rm(keyFile);
  const made = async () => {
    const done = await sops('keygen');
    expect([done.code, done.stderr]).toEqual([0, '']);
    const text = done.stdout.toString();
    expect(text).not.toContain('AGE-SECRET-KEY-');
    return { text, recipient: /^Recipient: (age1[a-z0-9]+)$/m.exec(text)?.[1] ?? '' };
  };
  const first = await made();
  expect(first.text).toContain(`Wrote ${keyFile} (keep it secret, keep a copy)`);
  await box.write('.sops.yaml', secretRule(first.recipient));
  expect((await sops('init', '--yes')).code).toBe(0);
  await box.commit({ 'secrets/a.yaml': 'a: hunter2\n' });
  const before = await readFile(keyFile, 'utf8');

  const second = await made();
  expect(second.recipient).not.toBe(first.recipient);
  expect(second.text).toContain(`Added a key to ${keyFile} (keep it secret, keep a copy)`);
  expect(second.text).toContain('The keys that were there stay, and all of them open files');
  expect((await readFile(keyFile, 'utf8')).startsWith(before)).toBe(true);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  await box.write('.sops.yaml', secretRule(second.recipient));
  await box.commit({ 'secrets/b.yaml': 'b: hunter3\n' });
  await rm(box.path('secrets'), { recursive: true });
  await box.git('checkout', '--', 'secrets');
  expect([await box.read('secrets/a.yaml'), await box.read('secrets/b.yaml')]).toEqual([
    'a: hunter2\n',
    'b: hunter3\n',
  ]);
  const doctor = (await sops('doctor')).stdout.toString();
  for (const { recipient } of [first, second]) expect(doctor).toContain(`you are ${recipient}`);
});
