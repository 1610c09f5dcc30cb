import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createTeam } from './team.ts';

const kustomization = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - secret.yaml\n';
const template = 'kind: Deployment\n{{- if .Values.on }}\nspec: {{ .Values.spec }}\n{{- end }}\n';
const secret = 'kind: Secret\nstringData:\n  password: hunter2\n';

it('a rule that covers more than secrets is adopted as a whole, or not at all', async () => {
  const { box, sops, recipient } = await createTeam();
  const rules = (path: string) =>
    `creation_rules:\n  - path_regex: ${path}\n    encrypted_regex: ^(data|stringData)$\n    age: ${recipient}\n`;
  await box.commit({
    '.sops.yaml': rules('.*\\.yaml$'),
    'app/kustomization.yaml': kustomization,
    'app/secret.yaml': secret,
    'chart/templates/deployment.yaml': template,
  });
  const refused = await sops('init', '--yes');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/chart\/templates\/deployment\.yaml:\d+:\d+: is not YAML that sops reads/);
  expect(refused.stderr).toContain('nothing was written');
  expect(refused.stderr).toContain('narrow path_regex');
  expect(await box.git('status', '--porcelain')).toBe('');
  expect(await box.git('config', '--local', '--list')).not.toContain('sops');

  await box.write('.sops.yaml', rules('^app/.*\\.yaml$'));
  const done = await sops('init', '--yes');
  expect(done.stderr).toBe('');
  expect(done.code).toBe(0);
  const told = done.stdout.toString();
  expect(told).toContain(
    'One covered file is plaintext in Git today, and encrypted by git add --renormalize .\n  app/secret.yaml\n',
  );
  expect(told).toContain(
    'One covered file is left as it is: the rule selects no value in it\n  app/kustomization.yaml\n',
  );

  // P1, P4: the secret is encrypted; what holds none stays what kustomize reads; filter, hook and check agree.
  await box.git('add', '--renormalize', '.');
  await box.write('app/kustomization.yaml', `${kustomization}namespace: prod\n`);
  await box.commit();
  expect((await box.blob('HEAD:app/kustomization.yaml')).toString()).toBe(`${kustomization}namespace: prod\n`);
  expect((await box.blob('HEAD:app/secret.yaml')).toString()).toContain('password: ENC[');
  expect((await sops('check')).code).toBe(0);

  // As soon as it holds something, it is encrypted like any other.
  await box.commit({ 'app/kustomization.yaml': `${kustomization}data:\n  token: hunter3\n` });
  expect((await box.blob('HEAD:app/kustomization.yaml')).toString()).toContain('token: ENC[');
});

it('what is encrypted, empty, never covered or known already is no news; the working file is what will be added', async () => {
  const { box, sops, recipient } = await createTeam();
  await box.commit({
    '.sops.yaml': `creation_rules:\n  - age: ${recipient}\n`,
    '.gitignore': 'x\n',
    'empty.yaml': '',
    'enc.yaml': 'password: hunter2\n',
    'plain.yaml': 'password: hunter2\n',
    'edited.yaml': 'password: [hunter2\n',
    // Reads well, and cannot be given back: a tag alone may be meant for the value.
    'tag.yaml': 'password: !hunter2\n',
  });
  await box.write('edited.yaml', 'password: [hunter2]\n');
  expect((await sops('encrypt', '--in-place', 'enc.yaml')).code).toBe(0);
  await box.git('add', 'enc.yaml');
  const refused = await sops('init', '--yes');
  expect(refused.code).not.toBe(0);
  expect(refused.stderr.match(/^git-sops: \w+\.yaml/gm)).toEqual(['git-sops: tag.yaml']);
  await box.git('rm', '-q', '--cached', 'tag.yaml');
  await rm(box.path('tag.yaml'));

  const told = (await sops('init', '--yes')).stdout.toString();
  expect(told).toContain(
    '2 covered files are plaintext in Git today, and encrypted by git add --renormalize .\n  edited.yaml\n  plain.yaml\n',
  );
  expect(told).not.toMatch(/enc\.yaml|empty\.yaml|gitignore|left as/);
  await box.git('add', '--renormalize', '.');
  await box.git('add', '.gitattributes');
  await box.git('commit', '-qm', 'adopted');
  const again = await sops('init', '--yes', '--diff', 'semantic');
  expect([again.code, again.stdout.toString()]).toEqual([0, expect.not.stringContaining('plaintext in Git')]);
});
