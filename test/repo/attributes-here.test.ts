import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from './team.ts';

/** A path with the filter and no rule, as plaintext: what only attributes tell of. */
async function createUnruled(): Promise<Team> {
  const team = await createTeam(secretRule);
  const { box } = team;
  await box.commit({
    'secrets/db.yaml': 'password: hunter1\n',
    'secrets/deep/a/db.yaml': 'password: hunter1\n',
    'readme.md': 'text\n',
  });
  await box.write('more/.keep', '');
  await box.write('more/plain.yaml', 'password: hunter2\n');
  await box.git('add', 'more');
  // Git asks the filter about what is racily clean.
  await box.age();
  return team;
}

async function kindsOf(team: Team): Promise<string[]> {
  const done = await team.sops('check', '--format', 'json');
  expect(done.stdout.toString() + done.stderr).not.toContain('hunter');
  const { findings } = JSON.parse(done.stdout.toString());
  return findings.map(({ kind, path }: { kind: string; path: string }) => `${kind} ${path}`);
}

const unruled = 'plaintext-without-rule more/plain.yaml';
const lost = 'unstaged-protection secrets/db.yaml';

const more = 'more/*.yaml filter=sops\n';
const first = '/secrets/** filter=sops diff=sops merge=sops -text\n';

/** Past the filter, which would refuse what is staged besides. */
async function stage({ box }: Team, path: string, content: string): Promise<void> {
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},${path}`);
}

it.each<[string, (team: Team) => Promise<void>, string[]]>([
  ['as both have them', async () => {}, []],
  [
    'more in both',
    async (team) => {
      await team.box.write('.gitattributes', first + more);
      await stage(team, '.gitattributes', first + more);
    },
    [unruled],
  ],
  ['more in the index', async (team) => stage(team, '.gitattributes', first + more), [unruled]],
  ['more in the working tree', async ({ box }) => box.write('.gitattributes', first + more), []],
  ['more in a folder here', async ({ box }) => box.write('more/.gitattributes', '*.yaml filter=sops\n'), []],
  ['less in a folder here', async ({ box }) => box.write('secrets/.gitattributes', '* -filter\n'), []],
  ['less above a folder here', async ({ box }) => box.write('secrets/deep/.gitattributes', '* -filter\n'), []],
  [
    'more in a folder of the index',
    async (team) => stage(team, 'more/.gitattributes', '*.yaml filter=sops\n'),
    [unruled],
  ],
  [
    'none in the index',
    async ({ box }) => void (await box.git('rm', '-q', '--cached', '.gitattributes')),
    [lost, 'unstaged-protection secrets/deep/a/db.yaml'],
  ],
  ['none here', async ({ box }) => void (await box.run('rm', ['.gitattributes'])), []],
  [
    'a link here',
    async ({ box }) => {
      await box.write('elsewhere', more);
      await box.run('rm', ['.gitattributes']);
      await symlink('elsewhere', join(box.repo, '.gitattributes'));
    },
    [],
  ],
  ['more in the clone alone', async ({ box }) => box.write('.git/info/attributes', more), [unruled]],
])('check goes by the attributes of the index: %s', async (_, change, expected) => {
  const team = await createUnruled();
  await change(team);
  const found = await kindsOf(team);
  expect(found).toEqual(expected);
  // From another folder it is the same.
  const below = await team.box.run('git', ['sops', 'check', '--format', 'json'], { cwd: join(team.box.repo, 'more') });
  expect(
    JSON.parse(below.stdout.toString()).findings.map((f: { kind: string; path: string }) => `${f.kind} ${f.path}`),
  ).toEqual(found);
});
