import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const lf: Record<string, string> = {
  'secrets/db.yaml': '# who\nuser: admin\ncert: |\n    one\n    two\nmode: 0644\n',
  'secrets/app.json': '{\n  "password": "hunter2",\n  "n": 1.50\n}\n',
  'secrets/app.env': '# c\nPASSWORD=hunter2\nB=2\n',
  'secrets/app.ini': '; c\n[db]\npassword = hunter2\n',
};
const crlf = Object.fromEntries(Object.entries(lf).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]));
// Both kinds of line ends, as any DER or ZIP file may hold them.
const binary = Buffer.from('\x00\r\n\x01\n\xff\r\r\n\n', 'latin1');

/** @param autocrlf of the clone, set before the first checkout */
async function clone({ box }: Team, autocrlf: string): Promise<Sandbox> {
  const to = join(box.root, 'clone');
  await box.git('-c', `core.autocrlf=${autocrlf}`, 'clone', '-q', '-c', `core.autocrlf=${autocrlf}`, box.repo, to);
  const there = box.at(to);
  expect((await there.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
  return there;
}

/** Throws all working files away and lets Git write them again. */
async function checkOutAgain(box: Sandbox): Promise<void> {
  await rm(join(box.repo, 'secrets'), { recursive: true });
  await box.git('checkout', '--', 'secrets');
}

async function expectFiles(box: Sandbox, files: Record<string, string | Buffer>): Promise<void> {
  for (const [path, content] of Object.entries(files))
    expect((await box.readBytes(path)).toString('latin1'), path).toBe(Buffer.from(content).toString('latin1'));
}

/** Attributes that somebody wrote by hand, as tutorials of other filters show them. */
async function withoutText(box: Sandbox, more = ''): Promise<void> {
  await box.write('.gitattributes', `secrets/** filter=sops diff=sops${more}\n`);
}

it('a clone that Git checked out with CRLF ciphertext opens by init', async () => {
  const team = await createTeam(secretRule);
  await withoutText(team.box);
  await team.box.commit({ ...lf, 'secrets/tls.der': binary });
  const there = await clone(team, 'true');
  expect(await there.read('secrets/db.yaml')).toContain('user: admin');
  expect(await there.readBytes('secrets/tls.der')).toEqual(binary);
  expect(await there.git('status', '--porcelain')).toBe(' M .gitattributes');
});

describe.each(['true', 'input'])('core.autocrlf=%s', (autocrlf) => {
  it('P3: with the attributes of init every file keeps its own line ends', async () => {
    const team = await createTeam(secretRule);
    for (const files of [lf, crlf]) {
      const all = { ...files, 'secrets/tls.der': binary };
      await team.box.git('config', 'core.autocrlf', autocrlf);
      await team.box.commit(all);
      await checkOutAgain(team.box);
      await expectFiles(team.box, all);
      await team.box.git('add', '--renormalize', '.');
      expect(await team.box.git('status', '--porcelain')).toBe('');
    }
    const there = await clone(team, autocrlf);
    await expectFiles(there, { ...crlf, 'secrets/tls.der': binary });
    expect(await there.git('status', '--porcelain')).toBe('');
  });

  it('P2: without -text Git converts the ciphertext, and the filter follows', async () => {
    const { box } = await createTeam(secretRule);
    await withoutText(box);
    await box.commit({ ...lf, 'secrets/tls.der': binary });
    const stored = await box.git('ls-tree', '-r', 'HEAD');
    await box.git('config', 'core.autocrlf', autocrlf);
    await checkOutAgain(box);
    await expectFiles(box, { ...(autocrlf === 'true' ? crlf : lf), 'secrets/tls.der': binary });
    expect(await box.git('status', '--porcelain')).toBe('');
    // Either kind of line end in the working tree is the same blob.
    for (const files of [crlf, lf]) {
      for (const [path, content] of Object.entries(files)) await box.write(path, content);
      await box.git('add', '.');
      expect(await box.git('ls-files', '-s')).toBe(stored.replaceAll(/ blob (\w+)\t/g, ' $1 0\t'));
    }
    await box.write('secrets/db.yaml', (crlf['secrets/db.yaml'] ?? '').replace('two', 'three'));
    await box.write('secrets/tls.der', Buffer.concat([binary, binary]));
    await box.commit();
    expect((await box.blob('HEAD:secrets/db.yaml')).includes('\r')).toBe(false);
    await checkOutAgain(box);
    expect(await box.readBytes('secrets/tls.der')).toEqual(Buffer.concat([binary, binary]));
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('P2: without -text a file that was stored with CRLF is not seen as changed', async () => {
    const { box } = await createTeam(secretRule);
    await box.commit(crlf);
    await withoutText(box);
    await box.commit();
    await box.git('config', 'core.autocrlf', autocrlf);
    await checkOutAgain(box);
    await expectFiles(box, crlf);
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('a locked tree stays locked, and unlock gives the bytes', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await withoutText(box);
    await box.commit({ ...lf, 'secrets/tls.der': binary });
    await box.git('config', 'core.autocrlf', autocrlf);
    expect((await team.sops('lock')).code).toBe(0);
    await checkOutAgain(box);
    expect(await box.read('secrets/db.yaml')).toContain('ENC[');
    expect(await box.git('status', '--porcelain')).toBe('');
    expect((await team.sops('unlock')).code).toBe(0);
    expect(await box.read('secrets/db.yaml')).not.toContain('ENC[');
    expect(await box.readBytes('secrets/tls.der')).toEqual(binary);
    expect(await box.git('status', '--porcelain')).toBe('');
  });
});

it('text eol=crlf, set by hand, gives CRLF in the working tree and LF in Git', async () => {
  const { box } = await createTeam(secretRule);
  await withoutText(box, ' text eol=crlf');
  await box.commit(lf);
  await checkOutAgain(box);
  await expectFiles(box, crlf);
  expect(await box.git('status', '--porcelain')).toBe('');
  for (const path of Object.keys(lf)) expect((await box.blob(`HEAD:${path}`)).includes('\r')).toBe(false);
});

it('P3: text of another kind keeps its line ends, also where it tells of ciphertexts', async () => {
  const { box } = await createTeam(secretRule);
  await withoutText(box);
  await box.git('config', 'core.autocrlf', 'true');
  const files = {
    'secrets/a.txt': 'one\r\ntwo\r\n',
    'secrets/b.txt': 'it begins with ENC[AES256_GCM, and ends\r\nso\r\n',
  };
  await box.commit(files);
  await checkOutAgain(box);
  await expectFiles(box, files);
});
