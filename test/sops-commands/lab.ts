import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { ours, sops, type ToolOptions, type ToolResult } from '../sops.ts';

/** Throw-away keys: the first is the reader's, the second somebody else's. */
export const me = generateKeyFile();
export const other = generateKeyFile();

const yaml = `# top
a: secret   # inline
n: 5
f: 1.50
t: true
z: null
d: 2001-01-01
list:
  - x
  - y: 1
m:
  k: v
  multi: |
    l1
    l2
u_unencrypted: clear
`;

/** Plaintext files by name. */
export const plain: Readonly<Record<string, string>> = {
  'p.yaml': yaml,
  'p.json': '{\n  "a": "secret",\n  "n": 5,\n  "l": [1, {"x": true}],\n  "z": null\n}\n',
  'p.env': '# c\nA=1\nB=two words\nC=x\\ny\n',
  'p.ini': '; c\n[s]\na = 1\nb = two words\n',
  'p.bin': 'just text\n',
  'flat.yaml': 'a: 1\nb: true\nc: 1.50\nd: 2001-01-01\ne: null\nf: x\n',
  'single.yaml': 'a: text\nb: two words\n',
  'bad.yaml': 'a: [b\n',
  'bad.json': '{"a": }',
  'empty.yaml': '',
  'empty.json': '',
  'comments.yaml': '# c\n',
  'reserved.yaml': 'sops: 1\na: 2\n',
  'reserved.json': '{"sops": 1}',
  'reserved.env': 'sops_a=1\n',
  'list.json': '[1]',
  'value.json': '"from a file"',
};

/** A folder, outside of any repository, with the plaintext files and what real sops makes of some. */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'git-sops-lab-'));
  readonly #env: Record<string, string>;

  constructor() {
    mkdirSync(join(this.folder, 'home'));
    mkdirSync(join(this.folder, 'bin'));
    symlinkSync(process.env['GIT_SOPS_TEST_CLI'] ?? '', join(this.folder, 'bin/sops'));
    this.write('keys.txt', me.text);
    this.write('other.txt', other.text);
    for (const [name, text] of Object.entries(plain)) this.write(name, text);
    this.#env = { SOPS_AGE_KEY_FILE: join(this.folder, 'keys.txt'), HOME: join(this.folder, 'home') };
    for (const [from, to] of encrypted) this.write(to, this.sops(['encrypt', '--age', me.recipient, from]).stdout);
    const text = this.read('e.yaml');
    this.write('mac-wrong.yaml', text.replace('u_unencrypted: clear', 'u_unencrypted: dear'));
    this.write('mac-gone.json', this.read('e.json').replace(/^\s*"mac": .*\n/m, ''));
    this.write('mac-gone.env', this.read('e.env').replace(/^sops_mac=.*\n/m, ''));
    this.write('mac-gone.ini', this.read('e.ini').replace(/^mac .*\n/m, ''));
    this.write('mac-gone.yaml', text.replace(/^ *mac: .*\n/m, ''));
    this.write(
      'mac-broken.yaml',
      text.replace(/^( *mac: ).*/m, '$1ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]'),
    );
    this.write('version-gone.yaml', text.replace(/^ *version: .*\n/m, ''));
    this.write('version-odd.yaml', text.replace(/^( *version: ).*/m, '$1xx'));
    this.write('value-clear.yaml', text.replace(/^a: .*/m, 'a: clear'));
    this.write('time-odd.yaml', text.replace(/^( *lastmodified: ).*/m, '$1"x"'));
    const broken = /^(t: ENC\[AES256_GCM,data:)(.)/m;
    this.write(
      'value-broken.yaml',
      text.replace(broken, (_, head: string, first: string) => `${head}${first === 'A' ? 'B' : 'A'}`),
    );
  }

  /** Both tools the same. */
  sops(args: readonly string[], options: ToolOptions = {}): ToolResult {
    return sops(args, this.#options(options));
  }

  ours(args: readonly string[], options: ToolOptions = {}): ToolResult {
    return ours(args, this.#options(options));
  }

  /** Under the name `sops`. */
  named(args: readonly string[], options: ToolOptions = {}): ToolResult {
    return ours(args, this.#options(options), join(this.folder, 'bin/sops'));
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.folder, name), content);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #options({ cwd, env, input }: ToolOptions): ToolOptions {
    return { cwd: cwd ?? this.folder, env: { ...this.#env, ...env }, ...(input !== undefined && { input }) };
  }
}

const encrypted = [
  ['p.yaml', 'e.yaml'],
  ['p.json', 'e.json'],
  ['p.env', 'e.env'],
  ['p.ini', 'e.ini'],
  ['p.bin', 'e.bin'],
  ['flat.yaml', 'eflat.yaml'],
] as const;
