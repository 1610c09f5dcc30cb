import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Format, LayoutEntry, MetadataTree, Parsed, Plaintext } from '../../src/format/format.ts';
import { aadOf } from '../../src/tree/key-path.ts';
import type { Selects } from '../../src/tree/leaf.ts';
import { age, ageKeygen, hasAge, hasSops, sops, type ToolResult } from '../sops.ts';

/*
 * A second, small implementation of sops's cipher and MAC over node:crypto, so that the formats are tested against real sops
 * and not against this project's own crypto. The keys are made for one test run and thrown away.
 */

const tokenShape = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:(\w+)\]$/;

export const everything: Selects = () => true;
/** sops's default selector. */
export const usual: Selects = (keys) => !keys.some((key) => key.endsWith('_unencrypted'));

export function encrypt(key: Uint8Array, aad: string, type: string, plaintext: string | Uint8Array): string {
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(aad));
  const data = Buffer.concat([cipher.update(plaintext as string, 'utf8'), cipher.final()]);
  const tag = cipher.getAuthTag().toString('base64');
  return `ENC[AES256_GCM,data:${data.toString('base64')},iv:${iv.toString('base64')},tag:${tag},type:${type}]`;
}

export function decrypt(key: Uint8Array, aad: string, token: string): { type: string; bytes: Buffer } {
  const [, data = '', iv = '', tag = '', type = ''] = tokenShape.exec(token) ?? [];
  if (type === '') throw new Error(`no token (${token.length} characters)`);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'));
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(Buffer.from(tag, 'base64'));
  return { type, bytes: Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]) };
}

function textOrBytes(bytes: Buffer): string | Uint8Array {
  return Buffer.from(bytes.toString('utf8')).equals(bytes) ? bytes.toString('utf8') : bytes;
}

const timestamp = '2026-01-02T03:04:05Z';

/** Path, type and plaintext → the tokens that held them, in order. */
export type Tokens = Map<string, string[]>;

export interface Sealing {
  readonly selects?: Selects;
  readonly like?: Parsed | null;
  readonly metadata?: MetadataTree;
  /** Tokens to take again, as `open` collected them. */
  readonly reuse?: Tokens;
  readonly dropLayout?: boolean;
}

/** One data key with the metadata that wraps it. */
export class Vault {
  readonly key: Uint8Array;
  readonly wrapped: MetadataTree;

  constructor(key: Uint8Array, wrapped: MetadataTree) {
    this.key = key;
    this.wrapped = wrapped;
  }

  /** For tests without sops: an `age` entry that nobody can open. */
  static loose(): Vault {
    const enc = '-----BEGIN AGE ENCRYPTED FILE-----\nbm90IHJlYWw=\n-----END AGE ENCRYPTED FILE-----\n';
    return new Vault(randomBytes(32), { age: [{ enc, recipient: 'age1notreal' }], version: '3.13.2' });
  }

  seal(format: Format, source: string | Uint8Array, options: Sealing = {}): Uint8Array {
    const parsed = format.parse(Buffer.from(source as string));
    const view = parsed.view(options.selects ?? usual);
    const mac = createHash('sha512');
    for (const leaf of view.leaves) if (leaf.kind === 'value' && leaf.type !== 'null') mac.update(leaf.canonical);
    const record = JSON.stringify(view.layout.map((entry) => [entry.place, entry.source]));
    return view.seal({
      like: options.like ?? null,
      metadata: {
        ...this.wrapped,
        ...(format.name === 'binary' ? {} : { unencrypted_suffix: '_unencrypted' }),
        lastmodified: timestamp,
        mac: encrypt(this.key, timestamp, 'str', mac.digest('hex').toUpperCase()),
        ...(view.layout.length === 0 || options.dropLayout === true
          ? {}
          : { git_sops_layout: encrypt(this.key, 'layout', 'str', record) }),
        ...options.metadata,
      },
      token: (leaf) => {
        const type = leaf.kind === 'comment' ? 'comment' : leaf.type;
        const known = options.reuse?.get(`${aadOf(leaf.path)} ${type} ${leaf.plaintext}`)?.shift();
        return known ?? encrypt(this.key, aadOf(leaf.path), type, leaf.plaintext);
      },
    });
  }

  open(format: Format, sealed: Uint8Array, selects: Selects = usual, tokens?: Tokens): Buffer {
    const parsed = format.parse(sealed);
    const { git_sops_layout: record } = parsed.metadata ?? {};
    const layout: LayoutEntry[] =
      typeof record !== 'string'
        ? []
        : JSON.parse(decrypt(this.key, 'layout', record).bytes.toString()).map(([place, source]: string[]) => ({
            place,
            source,
          }));
    const bytes = parsed.view(selects).open({
      layout,
      plaintext: (leaf) => {
        if (typeof leaf.plaintext !== 'string' || (leaf.kind === 'comment' && !tokenShape.test(leaf.plaintext)))
          return null;
        const { type, bytes } = decrypt(this.key, aadOf(leaf.path), leaf.plaintext);
        const known = `${aadOf(leaf.path)} ${type} ${textOrBytes(bytes)}`;
        tokens?.set(known, [...(tokens.get(known) ?? []), leaf.plaintext]);
        return { type, plaintext: textOrBytes(bytes) } as Plaintext;
      },
    });
    return Buffer.from(bytes);
  }
}

export const hasTools = hasSops && hasAge;

/** A folder with a throw-away age key, in which real sops encrypts and decrypts. */
export class SopsFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'git-sops-format-'));
  readonly vault: Vault;
  readonly #env: Record<string, string>;

  constructor() {
    const identity = join(this.path, 'key.txt');
    ageKeygen(['-o', identity]);
    const recipient = ageKeygen(['-y', identity]).stdout.toString().trim();
    this.#env = { SOPS_AGE_KEY_FILE: identity, SOPS_AGE_RECIPIENTS: recipient };
    const made = JSON.parse(this.encrypt('made.json', '{"a":"b"}').toString());
    this.vault = this.vaultOf(made.sops);
  }

  /** The data key of metadata that sops wrote for this folder's key. */
  vaultOf(metadata: MetadataTree): Vault {
    const [{ enc }] = metadata['age'] as [{ enc: string }];
    const key = age(['-d', '-i', join(this.path, 'key.txt')], { input: enc }).stdout;
    return new Vault(key, { age: metadata['age'], version: metadata['version'] });
  }

  run(name: string, content: string | Uint8Array, args: readonly string[]): ToolResult {
    writeFileSync(join(this.path, name), content);
    return sops([...args, name], { cwd: this.path, env: this.#env });
  }

  encrypt(name: string, content: string | Uint8Array, ...flags: string[]): Buffer {
    return must(this.run(name, content, ['encrypt', ...flags]));
  }

  /** @throws Error with what sops said, when it does not decrypt and verify */
  decrypt(name: string, content: string | Uint8Array, ...flags: string[]): Buffer {
    return must(this.run(name, content, ['decrypt', ...flags]));
  }

  /** `sops set`, which rewrites the file. */
  set(name: string, content: Uint8Array, place: string, value: string): Buffer {
    writeFileSync(join(this.path, name), content);
    must(sops(['set', name, place, value], { cwd: this.path, env: this.#env }));
    return this.read(name);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.path, name));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function must({ code, stdout, stderr }: ToolResult): Buffer {
  if (code !== 0) throw new Error(`sops exit ${code}: ${stderr}`);
  return stdout;
}
