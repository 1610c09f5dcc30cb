import type { TrapKind } from '../../src/commands/flux/trap.ts';
import { sops } from '../sops.ts';
import { cluster, person, sealed, wholeRule } from './lab.ts';

/** A folder that Flux reads. The secret in it is always `hunter2`. */
export interface Case {
  readonly name: string;
  /** What the check says of it; null where it comes close and is fine. */
  readonly kind: TrapKind | null;
  /**
   * What Flux makes of it: all is decrypted, it fails, or it applies ciphertext and says nothing. `spoiled`: what it applies is
   * neither the secret as it is nor ciphertext.
   */
  readonly flux: 'decrypted' | 'fails' | 'ciphertext' | 'spoiled';
  files(): Promise<Record<string, string | { readonly link: string }>>;
}

const secret = (name: string, value = 'hunter2') =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\nstringData:\n  password: ${value}\n`;
const generator = (list: string, kind = 'secretGenerator') =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${kind}:\n  - name: app\n    ${list}\n`;
const resources = (...names: string[]) =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${names.map((name) => `  - ${name}\n`).join('')}`;
const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: b\n';
/** The metadata block of an encrypted YAML file. */
const metadataOf = (text: string) => /^sops:\n(?: .*\n)*/m.exec(text)?.[0] ?? '';
const bare = (name: string, value: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\nstringData:\n${value}`;

export const cases: readonly Case[] = [
  {
    name: 'two-documents',
    kind: null,
    flux: 'decrypted',
    files: async () => ({ 's.yaml': await sealed('s.yaml', `${secret('a')}---\n${secret('b')}`) }),
  },
  {
    name: 'two-documents-one-metadata',
    kind: 'document-without-metadata',
    flux: 'ciphertext',
    async files() {
      const text = await sealed('s.yaml', `${secret('a')}---\n${secret('b')}`);
      const [first = '', second = ''] = text.split('---\n');
      return { 's.yaml': `${first}---\n${second.replace(metadataOf(second), '')}` };
    },
  },
  {
    name: 'mac-null',
    kind: 'document-without-metadata',
    flux: 'ciphertext',
    files: async () => ({ 's.yaml': (await sealed('s.yaml', secret('a'))).replace(/^( +mac: ).*/m, '$1null') }),
  },
  {
    name: 'empty-document',
    kind: null,
    flux: 'decrypted',
    files: async () => ({ 's.yaml': `${await sealed('s.yaml', secret('a'))}---\n` }),
  },
  {
    name: 'empty-document-with-metadata',
    kind: 'empty-document',
    flux: 'fails',
    async files() {
      const text = await sealed('s.yaml', secret('a'));
      return { 's.yaml': `${text}---\n${metadataOf(text)}` };
    },
  },
  {
    name: 'list',
    kind: 'list',
    flux: 'ciphertext',
    async files() {
      const items = secret('a').replace(/^/gm, '    ').replace('    ', '  - ').trimEnd();
      return { 's.yaml': await sealed('s.yaml', `apiVersion: v1\nkind: List\nitems:\n${items}\n`) };
    },
  },
  {
    name: 'kustomization-itself',
    kind: 'encrypted-kustomization',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': await sealed('kustomization.yaml', resources('s.yaml'), wholeRule),
      's.yaml': await sealed('s.yaml', secret('a')),
    }),
  },
  {
    // Flux writes the first kustomization.yaml anew and drops what it does not know; kustomize by itself refuses it.
    name: 'kustomization-itself-metadata-only',
    kind: 'encrypted-kustomization',
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': await sealed('kustomization.yaml', resources('s.yaml')),
      's.yaml': await sealed('s.yaml', secret('a')),
    }),
  },
  {
    name: 'kustomization-below-metadata-only',
    kind: 'encrypted-kustomization',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': resources('base'),
      'base/kustomization.yaml': await sealed('kustomization.yaml', resources('s.yaml')),
      'base/s.yaml': await sealed('s.yaml', secret('a')),
    }),
  },
  {
    name: 'kustomization-below-with-values',
    kind: 'encrypted-kustomization',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': resources('base'),
      'base/kustomization.yaml': await sealed(
        'kustomization.yaml',
        'secretGenerator:\n  - name: app\n    literals:\n      - password=hunter2\n',
        wholeRule,
      ),
    }),
  },
  {
    name: 'kustomization-that-speaks-of-sops',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': `# sops: mac: ENC[AES256_GCM, is a word of s.yaml\n${resources('s.yaml')}`,
      's.yaml': await sealed('s.yaml', secret('a')),
    }),
  },
  {
    name: 'a-kind-that-ends-in-list',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      's.yaml': await sealed(
        's.yaml',
        'apiVersion: example.com/v1\nkind: AllowList\nmetadata:\n  name: a\nspec:\n  password: hunter2\n',
      ),
    }),
  },
  {
    // As sops writes it: the AAD holds `<<`.
    name: 'merge-key',
    kind: 'merge-key',
    flux: 'fails',
    async files() {
      const text = `${secret('a').replace('stringData:', 'x: &x\n  password: hunter2\nstringData:')}  more:\n    <<: *x\n`;
      const done = sops(
        [
          'encrypt',
          '--age',
          cluster.recipient,
          '--encrypted-regex',
          '^(x|stringData)$',
          '--input-type',
          'yaml',
          '--output-type',
          'yaml',
          '--filename-override',
          's.yaml',
        ],
        { input: text },
      );
      return { 's.yaml': done.stdout.toString() };
    },
  },
  {
    name: 'merge-key-in-the-clear',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      's.yaml': await sealed(
        's.yaml',
        secret('a').replace('  name: a\n', '  name: a\n  labels: &l\n    app: x\n  annotations:\n    <<: *l\n'),
      ),
    }),
  },
  {
    name: 'alias-elsewhere',
    kind: 'alias',
    flux: 'fails',
    async files() {
      const text = await sealed('s.yaml', bare('a', '  password: hunter2\n  again: hunter2\n'));
      const anchored = text.replace('password: ', 'password: &p ').replace(/again: .*/, 'again: *p');
      return { 's.yaml': anchored };
    },
  },
  {
    name: 'alias-at-the-same-path',
    kind: null,
    flux: 'decrypted',
    async files() {
      const text = await sealed(
        's.yaml',
        'apiVersion: example.com/v1\nkind: App\nmetadata:\n  name: a\npassword:\n  - hunter2\n  - hunter2\n',
      );
      const tokens = text.match(/^ +- ENC.*$/gm) ?? [];
      return {
        's.yaml': text
          .replace(tokens[0] ?? '', (tokens[0] ?? '').replace('- ', '- &p '))
          .replace(tokens[1] ?? '', '  - *p'),
      };
    },
  },
  {
    name: 'config-map-generator',
    kind: 'never-decrypted',
    flux: 'ciphertext',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.yaml]', 'configMapGenerator'),
      'app.yaml': await sealed('app.yaml', 'password: hunter2\n', wholeRule),
    }),
  },
  {
    name: 'secret-generator',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.yaml, app.json, app.ini, app.txt]\n    envs: [app.env]'),
      'app.yaml': await sealed('app.yaml', 'password: hunter2\n', wholeRule),
      'app.json': await sealed('app.json', '{"password":"hunter2"}', wholeRule),
      'app.ini': await sealed('app.ini', '[a]\npassword = hunter2\n', wholeRule),
      'app.txt': await sealed('app.txt', 'hunter2\n', wholeRule),
      'app.env': await sealed('app.env', 'PASSWORD=hunter2\n', wholeRule),
    }),
  },
  {
    name: 'key-of-another-format',
    kind: 'source-format',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.txt=app.yaml]'),
      'app.yaml': await sealed('app.yaml', 'password: hunter2\n', wholeRule),
    }),
  },
  {
    name: 'key-of-the-same-format',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('files: [values.yaml=app.yaml, token=app.txt]'),
      'app.yaml': await sealed('app.yaml', 'password: hunter2\n', wholeRule),
      'app.txt': await sealed('app.txt', 'hunter2\n', wholeRule),
    }),
  },
  {
    // Flux finds it in the Secret, and writes it as the key says.
    name: 'json-under-a-key-of-yaml-and-back',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('files: [values.yaml=app.json, values.json=app.yaml]'),
      'app.yaml': await sealed('app.yaml', 'password: hunter2\n', wholeRule),
      'app.json': await sealed('app.json', '{"password":"hunter2"}', wholeRule),
    }),
  },
  {
    name: 'docker-config-as-binary',
    kind: 'source-format',
    flux: 'spoiled',
    files: async () => ({
      'kustomization.yaml': generator('files: [.dockerconfigjson]'),
      '.dockerconfigjson': await sealed('.dockerconfigjson', '{"auths":{"r":{"auth":"hunter2"}}}', wholeRule),
    }),
  },
  {
    name: 'docker-config-as-json',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('files: [.dockerconfigjson=docker-config.json]'),
      'docker-config.json': await sealed('docker-config.json', '{"auths":{"r":{"auth":"hunter2"}}}', wholeRule),
    }),
  },
  {
    name: 'env-local-as-binary',
    kind: 'source-format',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': generator('envs: [x.env.local]'),
      'x.env.local': await sealed('x.env.local', 'PASSWORD=hunter2\n', wholeRule),
    }),
  },
  {
    name: 'env-local-as-dotenv',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('envs: [x.env.local]'),
      'x.env.local': await sealed('x.env.local', 'PASSWORD=hunter2\n', wholeRule, 'dotenv'),
    }),
  },
  {
    name: 'json-mac-without-blank',
    kind: 'mac-spelling',
    flux: 'ciphertext',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.json]'),
      'app.json': (await sealed('app.json', '{"password":"hunter2"}', wholeRule)).replace('"mac": "', '"mac":"'),
    }),
  },
  {
    name: 'yaml-mac-in-quotes',
    kind: 'mac-spelling',
    flux: 'ciphertext',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.yaml]'),
      'app.yaml': (await sealed('app.yaml', 'password: hunter2\n', wholeRule)).replace(/mac: (ENC.*)/, 'mac: "$1"'),
    }),
  },
  {
    name: 'yaml-mac-in-quotes-of-a-resource',
    kind: null,
    flux: 'decrypted',
    files: async () => ({ 's.yaml': (await sealed('s.yaml', secret('a'))).replace(/mac: (ENC.*)/, 'mac: "$1"') }),
  },
  {
    name: 'too-large',
    kind: 'too-large',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.bin]'),
      'app.bin': await sealed('app.bin', `hunter2${'x'.repeat(4 << 20)}`, wholeRule),
    }),
  },
  {
    name: 'large',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.bin]'),
      'app.bin': await sealed('app.bin', `hunter2${'x'.repeat(64 << 10)}`, wholeRule),
    }),
  },
  {
    name: 'a-link',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.yaml]'),
      'app.yaml': { link: 'other.yaml' },
      'other.yaml': await sealed('other.yaml', 'password: hunter2\n', wholeRule),
    }),
  },
  {
    name: 'a-link-to-another-format',
    kind: 'source-format',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': generator('files: [app.txt]'),
      'app.txt': { link: 'other.yaml' },
      'other.yaml': await sealed('other.yaml', 'password: hunter2\n', wholeRule),
    }),
  },
  {
    name: 'carriage-return-in-metadata',
    kind: 'carriage-return',
    flux: 'fails',
    files: async () => ({
      'kustomization.yaml': generator('envs: [app.env]'),
      'app.env': (await sealed('app.env', 'PASSWORD=hunter2\n', wholeRule)).replaceAll('\n', '\r\n'),
    }),
  },
  {
    name: 'carriage-return-in-values',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': generator('envs: [app.env]'),
      'app.env': await sealed('app.env', 'PASSWORD=hunter2\r\nB=c\r\n', wholeRule),
    }),
  },
  {
    name: 'encrypted-patch',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': `${resources('s.yaml')}patches:\n  - path: patch.yaml\n`,
      's.yaml': secret('a', 'old'),
      'patch.yaml': await sealed('patch.yaml', secret('a')),
    }),
  },
  {
    name: 'encrypted-strategic-merge-patch',
    kind: 'never-decrypted',
    flux: 'ciphertext',
    files: async () => ({
      'kustomization.yaml': `${resources('s.yaml')}patchesStrategicMerge:\n  - patch.yaml\n`,
      's.yaml': secret('a', 'old'),
      'patch.yaml': (await sealed('patch.yaml', secret('a'))).replace(/^sops:\n(?: .*\n)*/m, ''),
    }),
  },
  {
    name: 'encrypted-name',
    kind: 'encrypted-identity',
    flux: 'decrypted',
    files: async () => ({ 's.yaml': await sealed('s.yaml', secret('a'), wholeRule) }),
  },
  {
    name: 'decryption-disabled',
    kind: 'decryption-disabled',
    flux: 'ciphertext',
    files: async () => ({
      's.yaml': await sealed(
        's.yaml',
        secret('a').replace(
          '  name: a\n',
          '  name: a\n  annotations:\n    kustomize.toolkit.fluxcd.io/decrypt: Disabled\n',
        ),
      ),
    }),
  },
  {
    name: 'decryption-enabled',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      's.yaml': await sealed(
        's.yaml',
        secret('a').replace(
          '  name: a\n',
          '  name: a\n  annotations:\n    kustomize.toolkit.fluxcd.io/decrypt: enabled\n',
        ),
      ),
    }),
  },
  {
    name: 'not-for-the-cluster',
    kind: 'cluster-cannot-read',
    flux: 'fails',
    files: async () => ({
      's.yaml': await sealed('s.yaml', secret('a'), `age: ${person.recipient}\n    encrypted_regex: ^stringData$`),
    }),
  },
  {
    name: 'one-of-two-key-groups',
    kind: 'cluster-cannot-read',
    flux: 'fails',
    files: async () => ({
      's.yaml': await sealed(
        's.yaml',
        secret('a'),
        `encrypted_regex: ^stringData$\n    shamir_threshold: 2\n    key_groups:\n      - age: [${cluster.recipient}]\n      - age: [${person.recipient}]`,
      ),
    }),
  },
  {
    name: 'both-key-groups',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      's.yaml': await sealed(
        's.yaml',
        secret('a'),
        `encrypted_regex: ^stringData$\n    shamir_threshold: 2\n    key_groups:\n      - age: [${cluster.recipient}]\n      - age: [${person.recipient}, ${cluster.recipient}]`,
      ),
    }),
  },
  {
    name: 'no-yaml',
    kind: 'unreadable-file',
    flux: 'fails',
    files: async () => ({ 's.yaml': `${await sealed('s.yaml', secret('a'))}\n{{ .Values.x }}: [\n` }),
  },
  {
    name: 'folder-in-folder',
    kind: null,
    flux: 'decrypted',
    files: async () => ({
      'kustomization.yaml': resources('base'),
      'base/kustomization.yaml': `${resources('s.yaml')}secretGenerator:\n  - name: app\n    envs: [app.env]\n`,
      'base/s.yaml': await sealed('s.yaml', secret('a')),
      'base/app.env': await sealed('app.env', 'PASSWORD=hunter2\n', wholeRule),
      // Nothing reads it.
      'forgotten.yaml': await sealed('s.yaml', secret('a'), `age: ${person.recipient}`),
    }),
  },
  {
    name: 'nothing-encrypted',
    kind: null,
    flux: 'decrypted',
    files: async () => ({ 's.yaml': secret('a'), 'c.yaml': config }),
  },
];
