import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from '../repo/team.ts';

const secret = 'user: admin\npassword: hunter2\n';

/** A hostile repository: programs of such names lie in it, and write down that they were run. */
async function withPrograms(...names: string[]): Promise<Team & { wasRun(): boolean }> {
  const team = await createTeam(secretRule);
  const mark = join(team.box.root, 'was-run');
  for (const name of names) {
    await team.box.write(name, `#!/bin/sh\ntouch '${mark}'\nexit 0\n`);
    await chmod(team.box.path(name), 0o755);
  }
  await team.box.commit({ 'secrets/db.yaml': secret });
  return { ...team, wasRun: () => existsSync(mark) };
}

/** As some have it, and as an empty part means it: the current folder is searched first. */
const careless = ['.:', ':', './:'];

describe.runIf(process.platform !== 'win32')('a name alone is no program of the repository, whatever PATH says', () => {
  it('edit: EDITOR, SOPS_EDITOR and the usual editors', async () => {
    const { box, wasRun } = await withPrograms('my-editor', 'vim', 'nano', 'vi');
    // Of the usual ones none is installed here.
    const bare = join(box.root, 'bare');
    await box.run('sh', [
      '-c',
      `mkdir '${bare}' && for p in git node sh env stat mkfifo; do ln -s "$(command -v $p)" '${bare}/'; done; ln -s "$(command -v git-sops)" '${bare}/'`,
    ]);
    for (const front of careless) {
      for (const env of [{ EDITOR: 'my-editor' }, { SOPS_EDITOR: 'my-editor --wait' }, {}]) {
        const done = await box.run('git-sops', ['edit', 'secrets/db.yaml'], {
          env: { ...env, PATH: `${front}${bare}` },
        });
        expect(done.code, done.stderr).toBe(201);
        expect(done.stderr).toContain('was not found');
        expect(wasRun()).toBe(false);
      }
    }
    // Who names a path means it.
    await box.run('git-sops', ['edit', 'secrets/db.yaml'], { env: { EDITOR: './my-editor' } });
    expect(wasRun()).toBe(true);
  });

  it('exec-file: mkfifo', async () => {
    const { box, wasRun } = await withPrograms('mkfifo');
    for (const front of careless) {
      const env = { PATH: `${front}${box.env['PATH']}` };
      const done = await box.run('git-sops', ['exec-file', 'secrets/db.yaml', 'cat {}'], { env });
      expect([done.code, done.stdout.toString(), wasRun()]).toEqual([0, secret, false]);
    }
  });

  it('and a program of the user’s is found behind it', async () => {
    const { box, wasRun } = await withPrograms('my-editor');
    const editor = join(box.root, 'bin/my-editor');
    await writeFile(editor, '#!/bin/sh\nsed -i s/hunter2/hunter3/ "$1"\n', { mode: 0o755 });
    const env = { EDITOR: 'my-editor', PATH: `.:${box.env['PATH']}` };
    expect((await box.run('git-sops', ['edit', 'secrets/db.yaml'], { env })).code).toBe(0);
    expect(await box.read('secrets/db.yaml')).toContain('hunter3');
    expect(wasRun()).toBe(false);
  });
});
