import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTeam, type Team } from '../repo/team.ts';
import { age } from '../sops.ts';
import { applied, cluster, hasFlux, person, sealed } from './lab.ts';

const kustomization = (name: string, path: string, decryption: string) =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: ${name}\n  namespace: flux-system\n` +
  `spec:\n  interval: 10m\n  path: ${path}\n  prune: true\n  sourceRef:\n    kind: GitRepository\n    name: fleet\n${decryption}`;
const stanza = '  decryption:\n    provider: sops\n    secretRef:\n      name: sops-age\n';
const secret = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter2\n';

let team: Team;
/** As lines of `kind path`. */
async function findings(...args: string[]): Promise<string[]> {
  const done = await team.sops('flux', 'check', '--json', ...args);
  if (done.code > 1) throw new Error(done.stderr);
  const report: { findings: { kind: string; path: string }[] } = JSON.parse(done.stdout.toString());
  expect(done.code === 1).toBe(JSON.stringify(report).includes('"severity":"error"'));
  return report.findings.map(({ kind, path }) => `${kind} ${path}`);
}

beforeAll(async () => {
  team = await createTeam(
    (me) =>
      'creation_rules:\n' +
      `  - path_regex: ^staging/\n    encrypted_regex: ^stringData$\n    age:\n      - ${me} # Ann\n      - ${cluster.recipient} # staging cluster\n` +
      `  - path_regex: ^production/db\n    encrypted_regex: ^stringData$\n    age:\n      - ${me} # Ann\n      - ${person.recipient} # production cluster\n`,
  );
  const { box } = team;
  await box.commit({
    'clusters/staging/apps.yaml': kustomization('apps', './staging', stanza),
    'clusters/production/apps.yaml': `# two in one file\n---\n${kustomization('apps', 'production/', stanza)}---\n${kustomization('elsewhere', './infra', '')}`,
    'staging/db.yaml': secret,
    'production/db.yaml': secret,
    'production/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n',
  });
});
afterAll(() => team.box.remove());

describe('a repository that Flux reads', () => {
  it('finds its Kustomizations, what they read, and the clusters by their names', async () => {
    const text = (await team.sops('flux', 'check')).stdout.toString();
    expect(text).toContain('flux-system/apps       ./production  2 files, 1 encrypted');
    expect(text).toContain('flux-system/elsewhere  ./infra       not in this repository: not judged');
    expect(text).toContain('staging cluster, production cluster');
    expect(text).toContain('clean: 2 encrypted files that Flux reads');
    expect(text).not.toContain('hunter2');
  });

  it('holds the files and rules of one cluster against its key alone', async () => {
    expect(await findings('--recipient', 'staging', 'clusters/staging')).toEqual([]);
    expect(await findings('--recipient', cluster.recipient, 'clusters/staging')).toEqual([]);
    expect(await findings('--recipient', 'staging', 'clusters/production')).toEqual([
      'rule-without-cluster .sops.yaml',
      'cluster-cannot-read production/db.yaml',
    ]);
    expect(await findings('--recipient', 'staging', 'production')).toHaveLength(2);
    const unknown = await team.sops('flux', 'check', '--recipient', 'moon');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('(there are: Ann, staging cluster, production cluster)');
  });

  it('tells a rule that drops the cluster before the file is rotated', async () => {
    const { box } = team;
    const rules = await box.read('.sops.yaml');
    await box.write('.sops.yaml', rules.replace(`      - ${cluster.recipient} # staging cluster\n`, ''));
    await box.git('add', '.sops.yaml');
    expect(await findings('--recipient', cluster.recipient, 'clusters/staging')).toEqual([
      'rule-without-cluster .sops.yaml',
    ]);
    await box.write('.sops.yaml', rules);
    await box.git('add', '.sops.yaml');
  });

  it('asks for a decryption where something is encrypted, and for nothing where nothing is', async () => {
    const { box } = team;
    const file = 'clusters/staging/apps.yaml';
    const put = async (decryption: string) => {
      await box.write(file, kustomization('apps', './staging', decryption));
      await box.git('add', file);
    };
    await put('');
    expect(await findings('clusters/staging')).toEqual([`no-decryption ${file}`]);
    await put('  decryption:\n    provider: sops\n');
    expect(await findings('clusters/staging')).toEqual([`no-key-secret ${file}`]);
    await box.write(file, kustomization('apps', './infra/of-somebody', ''));
    await box.write('infra/of-somebody/c.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n');
    await box.git('add', file, 'infra');
    expect(await findings('clusters/staging')).toEqual([]);
    await put(stanza);
  });

  it('judges a repository without a Kustomization of Flux as a whole', async () => {
    const { box } = team;
    const other = await box.init('other');
    await other.commit({
      'db.yaml': await sealed('db.yaml', secret, `age: ${person.recipient}\n    encrypted_regex: ^stringData$`),
    });
    const done = await other.run('git', ['sops', 'flux', 'check', '--recipient', cluster.recipient]);
    expect(done.stdout.toString()).toMatch(/^this repository {2}\.\/ {2}1 file, 1 encrypted/);
    expect(done.stdout.toString()).toContain('[cluster-cannot-read]');
    expect(done.code).toBe(1);
    const unknown = await other.run('git', ['sops', 'flux', 'check']);
    expect(unknown.stdout.toString()).toContain('not judged: whether the cluster can decrypt');
    expect(unknown.code).toBe(0);
  });
});

describe('the Secret', () => {
  it('has no private key that nobody asked for, and nothing that kubectl could apply', async () => {
    const done = await team.sops('flux');
    expect(done.code).toBe(0);
    const text = done.stdout.toString();
    expect(text).toContain('#       secretRef:\n#         name: sops-age\n');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
    expect(text + done.stderr).not.toContain('AGE-SECRET-KEY');
  });

  it('holds the key of a file or of standard input, under the names that were asked for', async () => {
    const { box, keyFile, recipient } = team;
    const args = ['flux', 'secret', '--name', 'keys', '--namespace', 'apps', '--identity'];
    const fromFile = await team.sops(...args, keyFile);
    expect(fromFile.stderr).toContain(`encrypted for ${recipient}\n`);
    expect(fromFile.stderr).not.toContain('AGE-SECRET-KEY');
    const text = fromFile.stdout.toString();
    expect(text).toContain('metadata:\n  name: keys\n  namespace: apps\n');
    expect(text).toContain('#         name: keys\n');
    const key = Buffer.from(/age\.agekey: (\S+)/.exec(text)?.[1] ?? '', 'base64').toString();
    expect(key).toBe(await readFile(keyFile, 'utf8'));
    const piped = await box.run('git', ['sops', ...args, '-'], { input: key });
    expect(piped.stdout.toString()).toBe(text);
  });

  it('makes a key that is nowhere but in what it prints', async () => {
    const done = await team.sops('flux', '--keygen');
    const recipient = /age1\w+/.exec(done.stderr)?.[0] ?? '';
    const key = Buffer.from(/age\.agekey: (\S+)/.exec(done.stdout.toString())?.[1] ?? '', 'base64').toString();
    const sealed = age(['-r', recipient], { input: 'hello' });
    await team.box.write('../new.agekey', key, 0o600);
    expect(age(['-d', '-i', join(team.box.root, 'new.agekey')], { input: sealed.stdout }).stdout.toString()).toBe(
      'hello',
    );
  });

  it('refuses what is no key, and names that are none of Kubernetes', async () => {
    await team.box.write('../not-a-key', 'hunter2\n', 0o600);
    const done = await team.sops('flux', '--identity', join(team.box.root, 'not-a-key'));
    expect(done.code).not.toBe(0);
    expect(done.stdout.toString() + done.stderr).not.toContain('hunter2');
    for (const name of ['A', 'a: b', 'a\nb', '-a', '']) {
      expect((await team.sops('flux', '--name', name)).code).toBe(2);
    }
  });

  it.runIf(hasFlux)('is what Flux decrypts this repository with', async () => {
    const { box } = team;
    await box.write('../cluster.agekey', cluster.text, 0o600);
    const made = await team.sops('flux', '--identity', join(box.root, 'cluster.agekey'));
    await box.write('../secret.yaml', made.stdout);
    await box.write('../kustomization.yaml', kustomization('apps', './staging', stanza));
    const stored = await box.init('stored');
    await stored.write('staging/db.yaml', await box.blob(':staging/db.yaml'));
    const files = { kustomization: join(box.root, 'kustomization.yaml'), secret: join(box.root, 'secret.yaml') };
    const done = await applied(stored.repo, 'staging', files);
    expect(done.stderr).toBe('');
    expect(done.stdout).toContain('password: hunter2');
  });
});
