import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { applied, hasFlux } from '../flux/lab.ts';
import { createTeam, type Team } from '../repo/team.ts';
import { hasSops } from '../sops.ts';
import { blocksOf } from './blocks.ts';

const folder = 'docs/guides';
const has = (tool: string, ...args: string[]) => spawnSync(tool, args).status === 0;

/** Beside git and us. */
const tools = {
  sops: hasSops,
  kustomize: has('kustomize', 'version'),
  helm: has('helm', 'version'),
  'ansible-playbook': has('ansible-playbook', '--version'),
  terraform: has('terraform', '-version'),
};

/** What some blocks need besides, by the name that stands behind their `sh`. */
const plugins = {
  'community.sops': has('ansible-doc', '--type', 'vars', 'community.sops.sops'),
  // The sandbox has a home of its own.
  'helm-secrets': process.env['HELM_PLUGINS'] !== undefined && has('helm', 'secrets', '--help'),
  ksops: spawnSync('ksops').error === undefined,
};

interface Guide {
  readonly needs: readonly (keyof typeof tools)[];
  /** Without which a part of it is not run, or is run with a stand-in. */
  readonly plugin?: keyof typeof plugins;
  before?(team: Team): Promise<void>;
  /** What a test looks at when its blocks have been run. */
  after?(team: Team): Promise<void>;
}

const guides: Record<string, Guide> = {
  'flux.md': { needs: ['sops'], after: fluxApplies },
  'argo-cd.md': { needs: ['sops', 'kustomize'], plugin: 'ksops', before: standInForKsops },
  'helm-secrets.md': { needs: ['sops', 'helm'], plugin: 'helm-secrets' },
  'kustomize.md': { needs: ['kustomize'] },
  'ansible.md': { needs: ['sops', 'ansible-playbook'], plugin: 'community.sops' },
  'terraform.md': { needs: ['sops', 'terraform'] },
  'github-actions.md': { needs: ['sops'], after: (team) => runs(team, '.github/workflows/secrets.yaml', 'run') },
  'gitlab-ci.md': { needs: ['sops'], after: (team) => runs(team, '.gitlab-ci.yml', 'script') },
};

/** Of the plugins, those that did something. */
const ran = new Set<string>();
const hasAll = ({ needs }: Guide) => needs.every((tool) => tools[tool]);
const blocksIn = (file: string) => blocksOf(readFileSync(join(folder, file), 'utf8'));

it('every guide is run', () => {
  const files = readdirSync(folder).filter((file) => file !== 'README.md');
  expect(files.sort()).toEqual(Object.keys(guides).sort());
  const table = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const file of files) expect(table).toContain(`](${file})`);
  for (const file of files)
    for (const block of blocksIn(file))
      if (block.kind === 'commands' && block.plugin !== null) expect(block.plugin).toBe(guides[file]?.plugin);
});

describe('a guide does what it says', () => {
  for (const [file, guide] of Object.entries(guides)) {
    it.runIf(hasAll(guide))(`${file} (needs ${guide.needs.join(', ')})`, { timeout: 180_000 }, async () => {
      // Ansible would refuse a pipe that Bun left as one that does not block.
      const team = await createTeam(undefined, 'standalone');
      // Ansible refuses any other.
      const box = team.box.with({ LC_ALL: 'C.UTF-8' });
      await guide.before?.({ ...team, box });
      // Null behind a block that is not for this machine.
      let printed: string | null = '';
      for (const block of blocksIn(file)) {
        if (block.kind === 'file') await box.write(block.path, block.text);
        else if (block.kind === 'output') {
          if (printed !== null) expect(printed, `${file}:${block.line}`).toContain(block.text.trim());
        } else if (block.plugin !== null && !plugins[block.plugin as keyof typeof plugins]) printed = null;
        else {
          const done = await box.run('bash', ['-euo', 'pipefail', '-c', block.text]);
          if (block.plugin !== null) ran.add(block.plugin);
          printed = done.stdout.toString();
          expect(done.code, `${file}:${block.line}\n${printed}${done.stderr}`).toBe(0);
        }
      }
      await guide.after?.({ ...team, box });
    });

    // By the test above; where it is not there, the name of this one says so.
    const { plugin } = guide;
    if (plugin === undefined) continue;
    it.runIf(hasAll(guide) && plugins[plugin])(`${file} with ${plugin} (needs ${plugin})`, () => {
      expect([...ran]).toContain(plugin);
    });
  }
});

it('the first hour of the README', async () => {
  const team = await createTeam(undefined, 'node');
  const readme = readFileSync('README.md', 'utf8');
  const [, section = ''] = /^## First hour\n(.*?)^## /ms.exec(readme) ?? [];
  const [block] = blocksOf(section);
  const done = await team.box.run('bash', ['-euo', 'pipefail', '-c', block?.text ?? 'false']);
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  for (const part of ['password: ENC[', '+password: hunter3', 'secrets/db.yaml'])
    expect(done.stdout.toString()).toContain(part);
  expect(done.stdout.toString()).not.toContain('BAD ');
});

/** Where ksops is not there: this decrypts each file with sops, which ksops has built in, and gives the documents as the function's items. */
async function standInForKsops({ box }: Team): Promise<void> {
  if (plugins.ksops) {
    ran.add('ksops');
    return;
  }
  const program = join(box.root, 'bin/ksops');
  await writeFile(
    program,
    `#!${process.execPath}
const { readFileSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const { parse, parseAllDocuments, stringify } = require(${JSON.stringify(resolve('node_modules/yaml'))});
const list = parse(readFileSync(0, 'utf8'));
const items = list.functionConfig.files.flatMap((file) => {
  const { status, stdout, stderr } = spawnSync('sops', ['decrypt', file]);
  if (status !== 0) throw new Error(stderr.toString());
  return parseAllDocuments(stdout.toString()).map((document) => document.toJS());
});
process.stdout.write(stringify({ ...list, items }));
`,
  );
  await chmod(program, 0o755);
}

/** Flux's own decryptor makes the Secret of what Git stores, with the one that the guide made for the cluster. */
async function fluxApplies({ box }: Team): Promise<void> {
  if (!hasFlux) return;
  const stored = join(box.root, 'stored');
  await box.git('clone', '--quiet', box.repo, stored);
  const files = {
    kustomization: join(stored, 'clusters/production/apps.yaml'),
    secret: join(box.root, 'sops-age.yaml'),
  };
  const { stdout, stderr } = await applied(stored, 'apps', files);
  expect(stderr).toBe('');
  expect(stdout).toContain('password: hunter2');
}

/** The commands of every job, in a fresh clone with the job's key. */
async function runs({ box }: Team, file: string, key: string): Promise<void> {
  const commands = commandsOf(parse(await box.read(file)), key).filter((command) => !command.startsWith('npm '));
  expect(commands.length).toBeGreaterThan(2);
  const clone = box.at(join(box.root, 'job'));
  await box.git('clone', '--quiet', box.repo, clone.repo);
  const key64 = (await box.read('../ci.agekey')).match(/^AGE-SECRET-KEY-.*$/m)?.[0] ?? '';
  for (const command of commands) {
    const env = { SOPS_AGE_KEY: key64, XDG_CONFIG_HOME: join(box.root, 'nobody') };
    const done = await clone.run('bash', ['-euo', 'pipefail', '-c', command], { env });
    expect(done.code, `${command}\n${done.stdout}${done.stderr}`).toBe(0);
    if (command.includes('exec-env')) expect(done.stdout.toString()).toBe('deploying\n');
  }
}

function commandsOf(node: unknown, key: string): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => commandsOf(item, key));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) =>
    name === key ? [value].flat().filter((item) => typeof item === 'string') : commandsOf(value, key),
  );
}
