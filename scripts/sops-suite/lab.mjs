// A temporary folder with what sops's tests need: a copy of them, and its published test key in a GnuPG of its own.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The key of all its examples. */
export const testKey = 'FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4';

export class Lab {
  /** Short: the socket of GnuPG's agent lies there. */
  folder = mkdtempSync('/tmp/sops-suite-');
  /** @param module sops's source */
  constructor(module) {
    this.tests = join(this.folder, 'functional-tests');
    cpSync(join(module, 'functional-tests'), this.tests, { recursive: true });
    const res = join(module, 'functional-tests/res');
    this.resources = [
      ...['yaml', 'json', 'ini', 'txt'].map((type) => join(module, `example.${type}`)),
      ...readdirSync(res).map((name) => join(res, name)),
    ];
    // What it comes with may be read only.
    spawnSync('chmod', ['-R', 'u+w', this.folder]);
    const gnupg = join(this.folder, 'gnupg');
    mkdirSync(gnupg, { mode: 0o700 });
    const own = Object.entries(process.env).filter(([name]) => !/^(?:SOPS_|VAULT_|AWS_)/.test(name));
    const home = join(this.folder, 'home');
    // The tests leave their files behind.
    const tmp = join(this.folder, 'tmp');
    mkdirSync(tmp);
    this.env = {
      ...Object.fromEntries(own),
      GNUPGHOME: gnupg,
      HOME: home,
      XDG_CONFIG_HOME: home,
      TMPDIR: tmp,
      RUST_BACKTRACE: '0',
    };
    const { status, stderr } = this.run('gpg', [
      '--batch',
      '--quiet',
      '--import',
      join(module, 'pgp/sops_functional_tests_key.asc'),
    ]);
    if (status !== 0) throw new Error(`the test key was not imported: ${stderr}`);
  }

  run(tool, args, options = {}) {
    return spawnSync(tool, args, {
      cwd: this.tests,
      env: this.env,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      timeout: 60_000,
      ...options,
    });
  }

  remove() {
    this.run('gpgconf', ['--kill', 'all']);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
