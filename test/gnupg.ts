import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The real GnuPG with a home of its own and one throw-away key. */
export class GnuPg {
  /** Short: its agent's socket lies there. */
  readonly home = mkdtempSync('/tmp/gnupg-');
  readonly env: Record<string, string> = { GNUPGHOME: this.home };
  /** 40 hexadecimal digits. */
  readonly fingerprint: string;

  /** @param passphrase empty for a key without one */
  constructor(name: string, passphrase = '') {
    chmodSync(this.home, 0o700);
    const how = ['--pinentry-mode', 'loopback', '--passphrase', passphrase];
    this.run([...how, '--quick-generate-key', `${name} <${name}@example.com>`, 'future-default', 'default', 'never']);
    this.fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(this.run(['--with-colons', '--list-keys']))?.[1] ?? '';
    // What it has cached of passphrases goes with it.
    this.#stop();
  }

  run(args: readonly string[], input: string | Buffer = ''): string {
    return this.bytes(args, input).toString();
  }

  bytes(args: readonly string[], input: string | Buffer = ''): Buffer {
    const done = spawnSync('gpg', ['--batch', '--quiet', ...args], { env: { ...process.env, ...this.env }, input });
    if (done.status !== 0) throw new Error(`gpg ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  }

  /** So that this one can wrap for the other's key. */
  importFrom(other: GnuPg): void {
    this.run(['--import'], other.run(['--armor', '--export']));
  }

  /** A program that answers in place of the user, from here on. @param answer a shell command that prints a line of Assuan's */
  answerWith(answer: string): void {
    const program = join(this.home, 'pinentry.sh');
    const lines = ['#!/bin/sh', 'echo OK', 'while read -r line; do', '  case "$line" in'];
    lines.push(`    GETPIN*) ${answer};;`, '    BYE*) echo OK; exit;;', '    *) echo OK;;', '  esac', 'done', '');
    writeFileSync(program, lines.join('\n'), { mode: 0o755 });
    writeFileSync(join(this.home, 'gpg-agent.conf'), `pinentry-program ${program}\n`);
    this.#stop();
  }

  remove(): void {
    this.#stop();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  #stop(): void {
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, ...this.env } });
  }
}

export const hasGnuPg = spawnSync('gpg', ['--version']).stdout?.toString().startsWith('gpg (GnuPG) 2.') === true;
