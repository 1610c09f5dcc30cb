import { readFileSync } from 'node:fs';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FindingKind, findingKinds } from '../../src/document/finding.ts';
import { encodeBech32 } from '../../src/keys/age/bech32.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createTeam, type Team } from './team.ts';

/** Held in test/document/judge.test.ts, where a file by itself is all that it takes. */
const ofOneFile = [
  'plaintext-file',
  'plaintext-value',
  'half-encrypted',
  'foreign-ciphertext',
  'weaker-than-rule',
  'broken-mac',
  'broken-tag',
  'unresolved-conflict',
  'unreadable-file',
  'recipient-drift',
  'selector-drift',
  'stray-ciphertext',
  'no-rule',
  'private-key',
] as const satisfies FindingKind[];

/** Brings about what is to be judged, on a branch of its own, and gives the arguments of `check`. */
type Making = (team: Team) => Promise<string[]>;
/** What is done here must make the kind; or come close, and find nothing at all. */
type Cases = Record<string, { readonly makes?: Making; readonly close?: Making }>;

const other = generateKeyFile();
const secret = 'user: admin\npassword: hunter2\n';
const rules = (recipient: string, first = '^(user|password)$', second = '') =>
  `creation_rules:\n  - path_regex: ^apps/.*\\.yaml$\n    encrypted_regex: ${first}\n    age: ${recipient}\n` +
  `  - path_regex: ^secrets/\n    age: ${recipient}${second}\n`;

/** Writes, commits, and judges the branch against main. */
const change =
  (files: (team: Team) => Record<string, string> | Promise<Record<string, string>>): Making =>
  async (team) => {
    await team.box.commit(await files(team));
    return ['main..HEAD'];
  };
const rulesAs = (edit: (text: string, team: Team) => string) =>
  change(async (team) => ({ '.sops.yaml': edit(await team.box.read('.sops.yaml'), team) }));
const attributesAs = (edit: (text: string) => string) =>
  change(async ({ box }) => ({ '.gitattributes': edit(await box.read('.gitattributes')) }));
const allow = (path: string, more = '') => `allow:\n  - path: ${path}\n    kinds: [no-rule]\n    reason: x\n${more}`;
/** The blob as another sops would leave it after `updatekeys`, with one more age recipient in its metadata. */
const encryptedForOther = async ({ box }: Team) => {
  const done = await box.run('git', ['sops', 'rotate', '--add-age', other.recipient, 'secrets/db.yaml']);
  if (done.code !== 0) throw new Error(done.stderr);
};

/** Past the filter, as a clone without it does. */
const addPast = async ({ box }: Team, path: string, content: string) => {
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},${path}`);
};
/** Attributes for a folder that no rule covers. */
const attributed = async (team: Team) => {
  const attributes = `${await team.box.read('.gitattributes')}/more/** filter=sops diff=sops merge=sops\n`;
  await team.box.write('.gitattributes', attributes);
  await addPast(team, '.gitattributes', attributes);
};

const cases: Record<Exclude<FindingKind, (typeof ofOneFile)[number]>, Cases> = {
  'missing-attribute': {
    'a covered file after the line was taken away': {
      makes: async ({ box }) => {
        await box.write('.gitattributes', '');
        await box.git('add', '.gitattributes');
        return [];
      },
    },
    'the attribute by way of another line': {
      close: async ({ box }) => {
        await box.write(
          '.gitattributes',
          '* filter=sops diff=sops merge=sops\n*.md !filter !diff !merge\n.* !filter\n',
        );
        await box.git('add', '.gitattributes');
        return ['--staged'];
      },
    },
  },
  'plaintext-without-rule': {
    'a file that a clone without the filter staged': {
      makes: async (team) => {
        await attributed(team);
        await addPast(team, 'more/a.yaml', secret);
        return [];
      },
    },
    'the same as the next commit': {
      makes: async (team) => {
        await attributed(team);
        await addPast(team, 'more/a.yaml', secret);
        return ['--staged'];
      },
    },
    'the same in a range that takes it out again': {
      makes: async (team) => {
        await attributed(team);
        await addPast(team, 'more/a.yaml', secret);
        await team.box.git('commit', '--no-verify', '-qm', 'in');
        await team.box.git('rm', '-q', '--cached', 'more/a.yaml');
        await team.box.git('commit', '-qm', 'out');
        return ['main..HEAD'];
      },
    },
    'a file of which only the end of a range says that it is secret': {
      makes: async (team) => {
        await addPast(team, 'more/a.yaml', secret);
        await team.box.git('commit', '--no-verify', '-qm', 'in');
        await attributed(team);
        await team.box.git('commit', '--no-verify', '-qm', 'attributes');
        return ['main..HEAD'];
      },
    },
    'a new file of the working tree, which git add refuses': {
      makes: async (team) => {
        await attributed(team);
        await team.box.write('more/a.yaml', secret);
        expect((await team.box.tryGit(['add', 'more/a.yaml'])).stderr).toContain('no creation rule');
        return ['--worktree'];
      },
    },
    'an empty file, one that is never covered, and a request to join': {
      close: async (team) => {
        const attributes = await team.box.read('.gitattributes');
        await team.box.write('.gitattributes', `${attributes}/more/** filter=sops\n/.sops/** filter=sops\n`);
        await team.box.git('add', '.gitattributes');
        await addPast(team, 'more/a.yaml', '');
        await addPast(team, 'more/.gitignore', '*.tmp\n');
        await addPast(team, '.sops/requests/bob.pub', `# bob\n${other.recipient}\n`);
        return [];
      },
    },
    'what a range brings under a rule of its end': {
      close: async ({ box, recipient }) => {
        await box.commit({ 'more/a.yaml': 'replicas: 1\n' });
        const more = `  - path_regex: ^more/\n    encrypted_regex: ^password$\n    age: ${recipient}\n`;
        await box.write('.sops.yaml', `${rules(recipient)}${more}`);
        expect((await box.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
        await box.commit();
        return ['main..HEAD'];
      },
    },
  },
  'no-longer-encrypted': {
    'a file that is moved out of its rule, its folder with it, and changed there': {
      makes: async ({ box }) => {
        await box.git('mv', 'secrets', 'geheim');
        await box.git('commit', '-qm', 'moved');
        await box.write('geheim/db.yaml', `${secret}port: 1\n`);
        await box.git('add', 'geheim');
        return ['--staged'];
      },
    },
    'a working file that is moved out of its rule': {
      makes: async ({ box }) => {
        await rename(join(box.repo, 'secrets/db.yaml'), join(box.repo, 'plain.yaml'));
        await box.git('add', '-A');
        return ['--staged'];
      },
    },
    'the same as all that the index holds': {
      makes: async ({ box }) => {
        await rename(join(box.repo, 'secrets/db.yaml'), join(box.repo, 'plain.yaml'));
        await box.git('add', '-A');
        return [];
      },
    },
    'the same in a range': {
      makes: async ({ box }) => {
        await rename(join(box.repo, 'secrets/db.yaml'), join(box.repo, 'plain.yaml'));
        await box.git('add', '-A');
        await box.git('commit', '--no-verify', '-qm', 'tidy up');
        return ['main..HEAD'];
      },
    },
    'what was plaintext before, an empty file, another in place of a secret, and a selector that picks nothing in it': {
      close: async ({ box, recipient }) => {
        await box.write('.sops.yaml', `${rules(recipient)}  - path_regex: ^more/\n    age: ${recipient}\n`);
        await box.write('.gitattributes', `${await box.read('.gitattributes')}more/** filter=sops\n`);
        await box.commit({ 'notes.yaml': 'user: a\n', 'more/a.yaml': 'user: a\n', 'more/b.yaml': 'user: b\n' });
        await box.git('checkout', '-q', '-B', 'close');
        await box.git('mv', 'apps', 'elsewhere');
        await box.git('mv', 'more', 'less');
        await box.git('commit', '-q', '--no-verify', '-m', 'moved');
        await box.write('notes.yaml', 'user: c\n');
        await box.write('elsewhere/a.yaml', 'replicas: 2\n');
        await box.write('less/a.yaml', '');
        // By force: Git asks for the content of what was staged in this very second, and no filter opens it here.
        await box.git('rm', '-q', '-f', 'less/b.yaml');
        await box.write('less/b.example.yaml', 'user: NAME\n');
        await box.git('add', '-A');
        return ['--staged'];
      },
    },
  },
  'unstaged-protection': {
    'a new file under a rule that is not staged with it': {
      makes: async ({ box, recipient, sops }) => {
        await box.write('.sops.yaml', `${rules(recipient)}  - path_regex: ^more/\n    age: ${recipient}\n`);
        expect((await sops('init', '--yes')).code).toBe(0);
        await box.write('more/a.yaml', secret);
        await box.git('add', 'more', '.gitattributes');
        return ['--staged'];
      },
    },
    'the same with rules and attributes that Git does not know yet': {
      makes: async ({ box }) => {
        await box.git('rm', '-q', '--cached', '.sops.yaml', '.gitattributes');
        return [];
      },
    },
    'the attributes alone': {
      makes: async ({ box, recipient, sops }) => {
        await box.write('.sops.yaml', `${rules(recipient)}  - path_regex: ^more/\n    age: ${recipient}\n`);
        expect((await sops('init', '--yes')).code).toBe(0);
        await box.write('more/a.yaml', secret);
        await box.git('add', 'more', '.sops.yaml');
        return [];
      },
    },
    'all of it staged, and other files without': {
      close: async ({ box, recipient, sops }) => {
        await box.write('.sops.yaml', `${rules(recipient)}  - path_regex: ^more/\n    age: ${recipient}\n`);
        expect((await sops('init', '--yes')).code).toBe(0);
        await box.write('more/a.yaml', secret);
        await box.git('add', '.');
        await box.git('commit', '-q', '-m', 'more');
        await box.write('.sops.yaml', rules(recipient, 'user'));
        await box.write('readme.md', 'text\n');
        await box.git('add', 'readme.md');
        return ['--staged'];
      },
    },
  },
  'empty-rule': {
    'a misspelled selector': {
      makes: async ({ box, recipient }) => {
        await box.write('.sops.yaml', rules(recipient, '^pasword$'));
        await box.write('apps/a.yaml', 'replicas: 1\n');
        await box.git('add', '.');
        return [];
      },
    },
    'one file of two that holds no secret, and a rule without a file': {
      close: async ({ box, recipient }) => {
        await box.write('.sops.yaml', `${rules(recipient)}  - path_regex: ^later/\n    age: ${recipient}\n`);
        await box.write('apps/b.yaml', 'replicas: 1\n');
        await box.git('add', '.');
        return [];
      },
    },
  },
  'unknown-recipient': {
    'somebody in the file alone': {
      makes: async (team) => {
        await encryptedForOther(team);
        return [];
      },
    },
    'somebody whom the rule names': {
      close: async (team) => {
        await team.box.commit({ '.sops.yaml': rules(team.recipient, undefined, `,${other.recipient}`) });
        await encryptedForOther(team);
        return [];
      },
    },
  },
  'revoked-recipient': {
    'somebody whom the rule named before': {
      makes: async (team) => {
        await team.box.commit({ '.sops.yaml': rules(team.recipient, undefined, `,${other.recipient}`) });
        await encryptedForOther(team);
        await team.box.commit();
        await team.box.commit({ '.sops.yaml': rules(team.recipient) });
        return [];
      },
    },
    'somebody whom the rule named before, after rotating': {
      close: async (team) => {
        await team.box.commit({ '.sops.yaml': rules(team.recipient, undefined, `,${other.recipient}`) });
        await encryptedForOther(team);
        await team.box.commit();
        await team.box.commit({ '.sops.yaml': rules(team.recipient) });
        expect((await team.sops('rotate', 'secrets/db.yaml')).code).toBe(0);
        return [];
      },
    },
  },
  'exposed-identity': {
    'a key file that all can read': {
      makes: async ({ keyFile }) => {
        await chmod(keyFile, 0o644);
        return [];
      },
    },
    'a key file that its owner can read': {
      close: async ({ keyFile }) => {
        await chmod(keyFile, 0o600);
        return [];
      },
    },
  },
  'weak-identity': {
    'the identity of a tutorial': {
      makes: async ({ keyFile }) => {
        const weak = encodeBech32('age-secret-key-', new Uint8Array(32).fill(7)).toUpperCase();
        await writeFile(keyFile, `${await readFile(keyFile, 'utf8')}${weak}\n`);
        return [];
      },
    },
    'two random ones': {
      close: async ({ keyFile }) => {
        await writeFile(keyFile, `${await readFile(keyFile, 'utf8')}${other.text}`);
        return [];
      },
    },
  },
  'weakened-rule': {
    'a rule is removed': { makes: rulesAs((text) => text.slice(0, text.indexOf('  - path_regex: ^secrets/'))) },
    'its path is narrowed': { makes: rulesAs((text) => text.replace('^secrets/', '^secrets/prod/')) },
    'its selector picks less': { makes: rulesAs((text) => text.replace('(user|password)', '(password)')) },
    'its path keeps the names that a gate would try first': {
      makes: rulesAs((text) => text.replace('^secrets/', '^secrets/(db|zq)')),
    },
    'a selector keeps the keys that a gate would try first': {
      makes: rulesAs((text) => `${text}    encrypted_regex: ^(user|password|zq)$\n`),
    },
    'a selector for small letters alone': { makes: rulesAs((text) => `${text}    encrypted_regex: ^[a-z_.]+$\n`) },
    'a selector that names all that anybody tries': {
      makes: rulesAs((text) => `${text}    encrypted_regex: "^[a-zA-Z/._]*$"\n`),
    },
    'a selector that picks everything, in other words': {
      close: rulesAs((text) => `${text}    encrypted_regex: .*\n`),
    },
    'all files get a selector': {
      makes: rulesAs((text) => `${text}    unencrypted_regex: ^user\n`),
    },
    'another rule in front takes the path': {
      makes: rulesAs((text, { recipient }) =>
        text.replace(
          'rules:\n',
          `rules:\n  - path_regex: db\n    encrypted_regex: ^password$\n    age: ${recipient}\n`,
        ),
      ),
    },
    'the file is removed': {
      makes: async ({ box }) => {
        await rm(join(box.repo, '.sops.yaml'));
        await box.commit();
        return ['main..HEAD'];
      },
    },
    'a nearer .sops.yaml takes the folder': {
      makes: change(({ recipient }) => ({
        'secrets/.sops.yaml': `creation_rules:\n  - path_regex: ^only-this$\n    age: ${recipient}\n`,
      })),
    },
    'rules that are written in another way, sorted, and wider; a new one for new files': {
      close: change(({ recipient }) => ({
        '.sops.yaml': `# The same.\ncreation_rules:\n- {path_regex: ^later/, age: ${recipient}}\n- age: ["${recipient}"]\n  path_regex: "^(secrets|more)/"\n- path_regex: ^apps/.*\\.ya?ml$\n  encrypted_regex: ^(password|user|token)$\n  age: >-\n    ${recipient}\n`,
      })),
    },
  },
  'weakened-attribute': {
    'a line is removed': { makes: attributesAs((text) => text.replace(/^.*secrets.*\n/m, '')) },
    'a later line takes it back': { makes: attributesAs((text) => `${text}secrets/db.yaml -filter\n`) },
    'a file in a folder takes it back': { makes: change(() => ({ 'secrets/.gitattributes': '* !filter\n' })) },
    'lines that are sorted, and others beside them': {
      close: attributesAs((text) => `*.md text\n${text.trimEnd().split('\n').reverse().join('\n')}\n`),
    },
  },
  'added-recipient': {
    'a rule names somebody more': { makes: rulesAs((text) => `${text.trimEnd()},${other.recipient}\n`) },
    'a file alone is encrypted for somebody more': {
      makes: async (team) => {
        await encryptedForOther(team);
        await team.box.git('commit', '--no-verify', '-qm', 'x');
        return ['main..HEAD'];
      },
    },
    'a rule names less, and a new file is for those whom its rule names': {
      close: async (team) => {
        await team.box.git('checkout', '-q', '-B', 'two');
        await team.box.commit({ '.sops.yaml': rules(team.recipient, undefined, `,${other.recipient}`) });
        await team.box.git('checkout', '-q', '-b', 'less');
        await team.box.commit({ 'secrets/new.yaml': secret });
        return ['two..HEAD'];
      },
    },
  },
  'weakened-allow-list': {
    'an entry is added': { makes: change(() => ({ '.git-sops.yaml': allow('old/**') })) },
    'an entry ends earlier': {
      close: async ({ box }) => {
        await box.git('checkout', '-q', '-B', 'allowed');
        await box.commit({ '.git-sops.yaml': allow('old/**') });
        await box.commit({ '.git-sops.yaml': allow('old/**', '    expires: 2099-01-01\n') });
        return ['HEAD~1..HEAD'];
      },
    },
  },
  'plaintext-left': {
    'a file that was made in a locked tree': {
      makes: async (team) => {
        expect((await team.sops('lock')).code).toBe(0);
        await team.box.write('secrets/new.yaml', secret);
        return ['--worktree'];
      },
    },
    'ciphertext in a locked tree, an empty file and one that no rule covers': {
      close: async (team) => {
        expect((await team.sops('lock')).code).toBe(0);
        await team.box.write('secrets/empty.yaml', '');
        await team.box.write('notes.yaml', secret);
        return ['--worktree'];
      },
    },
    'plaintext in an unlocked tree': { close: async () => ['--worktree'] },
  },
};

describe('each kind of finding in a repository: what makes it, and what comes close and finds nothing', () => {
  let team: Team;
  let keys: string;
  let locked = false;
  beforeAll(async () => {
    team = await createTeam(rules);
    keys = await readFile(team.keyFile, 'utf8');
    await team.box.commit({
      'secrets/db.yaml': secret,
      'apps/a.yaml': `replicas: 1\n${secret}`,
      'readme.md': 'text\n',
    });
    return () => team.box.remove();
  });

  const run = async (making: Making) => {
    await writeFile(team.keyFile, keys, { mode: 0o600 });
    await chmod(team.keyFile, 0o600);
    if (locked) expect((await team.sops('unlock')).code).toBe(0);
    locked = false;
    await team.box.git('checkout', '-q', '-f', '-B', 'case', 'main');
    await team.box.git('clean', '-fdq');
    const args = await making(team);
    locked = args.includes('--worktree');
    const done = await team.sops('check', ...args, '--format', 'json');
    expect(done.stderr).toBe('');
    expect(done.stdout.toString()).not.toContain('hunter2');
    return { code: done.code, ...JSON.parse(done.stdout.toString()) };
  };

  for (const [kind, some] of Object.entries(cases)) {
    for (const [name, { makes, close }] of Object.entries(some)) {
      if (makes !== undefined) {
        it(`${kind}: ${name}`, async () => {
          const { code, findings } = await run(makes);
          const found = findings.find((finding: { kind: string }) => finding.kind === kind);
          expect(found, JSON.stringify(findings)).toMatchObject({
            kind,
            path: expect.any(String),
            mend: expect.any(String),
          });
          const { severity } = findingKinds[kind as FindingKind];
          expect(found.severity).toBe(severity);
          expect(code).toBe(findings.some((finding: typeof found) => finding.severity === 'error') ? 1 : 0);
          if (severity === 'error') expect(code).toBe(1);
        });
      }
      if (close !== undefined) {
        it(`not ${kind}: ${name}`, async () => {
          const { code, findings, warnings } = await run(close);
          expect([code, findings, warnings]).toEqual([0, [], []]);
        });
      }
    }
  }

  it('has all the others in the tests of one file, and something close for each', () => {
    const source = readFileSync('test/document/judge.test.ts', 'utf8');
    for (const kind of ofOneFile) {
      const titles = [...source.matchAll(/(?:it|describe)\('((?:[^'\\]|\\.)*)'/g)].map(([, title = '']) => title);
      const held = titles.filter((title) => title.startsWith(kind) || title.split(/[:,] /).includes(kind));
      expect(held.length, kind).toBeGreaterThan(0);
    }
    for (const some of Object.values(cases)) {
      expect(Object.values(some).some(({ makes }) => makes !== undefined)).toBe(true);
      expect(Object.values(some).some(({ close }) => close !== undefined)).toBe(true);
    }
  });
});

describe('a range is judged against the merge base', () => {
  it('so that what only the other branch changed is not held against this one; and exits 1 for what this one weakens', async () => {
    const team = await createTeam(rules);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await box.age();
    await box.git('branch', 'topic');
    // Main gets stricter meanwhile: a new rule that the topic has not.
    await box.commit({ '.sops.yaml': `${rules(team.recipient)}  - path_regex: ^more/\n    age: ${team.recipient}\n` });
    await box.git('checkout', '-q', 'topic');
    await box.commit({ 'readme.md': 'text\n' });
    expect((await team.sops('check', 'main..topic')).stdout.toString()).toBe('clean: 0 covered files in main..topic\n');
    expect((await team.sops('check', 'main...topic')).code).toBe(0);
    await box.commit({ '.gitattributes': '' });
    for (const range of ['main..topic', 'main...topic']) {
      const done = await team.sops('check', range);
      expect(done.code).toBe(1);
      expect(done.stdout.toString()).toContain(
        'This change takes the filter away from a covered path  [weakened-attribute]',
      );
      expect(done.stdout.toString()).toContain('filter=sops is gone from secrets/db.yaml');
    }
    // Also where the paths that are asked for have nothing to do with it, and where a later commit of the range hides it not.
    expect((await team.sops('check', 'main..topic', '--', 'readme.md')).code).toBe(1);
  });
});
