import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stand-ins of AWS KMS, GCP KMS and Vault on this machine, and what real sops needs in its environment to speak to them. */
export class Cloud {
  readonly #folder: string;
  readonly #process: ChildProcess;
  /** `http://127.0.0.1:PORT`, Vault's address. */
  readonly address: string;
  readonly env: Record<string, string>;

  private constructor(folder: string, process: ChildProcess, port: string) {
    this.#folder = folder;
    this.#process = process;
    this.address = `http://127.0.0.1:${port}`;
    writeFileSync(join(folder, 'aws'), '[profile other]\naws_access_key_id=ofprofile\naws_secret_access_key=none\n');
    this.env = {
      AWS_CONFIG_FILE: join(folder, 'aws'),
      AWS_ACCESS_KEY_ID: 'me',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_ENDPOINT_URL: this.address,
      AWS_EC2_METADATA_DISABLED: 'true',
      VAULT_TOKEN: 'token',
      SOPS_GCP_KMS_ENDPOINT: this.address,
      SOPS_GCP_KMS_CLIENT_TYPE: 'rest',
      GOOGLE_OAUTH_ACCESS_TOKEN: 'none',
    };
  }

  static async start(): Promise<Cloud> {
    const folder = mkdtempSync(join(tmpdir(), 'git-sops-cloud-'));
    const process_ = spawn(process.execPath, ['test/cloud-stand-in.mjs', join(folder, 'log')]);
    const [port] = await once(process_.stdout, 'data');
    return new Cloud(folder, process_, String(port).trim());
  }

  vault(name: string): string {
    return `${this.address}/v1/transit/keys/${name}`;
  }

  /** Who asked for what, since the last call. */
  requests(): string[] {
    const file = join(this.#folder, 'log');
    try {
      return readFileSync(file, 'utf8').trim().split('\n');
    } catch {
      return [];
    } finally {
      rmSync(file, { force: true });
    }
  }

  stop(): void {
    this.#process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const awsKey = 'arn:aws:kms:eu-west-1:111122223333:key/k';
export const awsRole = 'arn:aws:iam::111122223333:role/r';
export const gcpKey = 'projects/p/locations/global/keyRings/r/cryptoKeys/k';
