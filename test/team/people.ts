import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createSandbox, type Finished, type Sandbox } from '../sandbox.ts';
import { sops } from '../sops.ts';

/** Somebody with a home, a name, keys or none, and clones. */
export class Colleague {
  readonly box: Sandbox;
  readonly name: string;
  readonly keyFile: string;

  constructor(box: Sandbox, name: string) {
    this.box = box;
    this.name = name;
    this.keyFile = join(box.env['HOME'] ?? '', '.config/sops/age/keys.txt');
  }

  /** `git sops …` in the clone. */
  sops(...args: string[]): Promise<Finished> {
    return this.box.run('git', ['sops', ...args]);
  }

  /** The same, which must succeed; its output. */
  async did(...args: string[]): Promise<string> {
    const done = await this.sops(...args);
    if (done.code !== 0) throw new Error(`git sops ${args.join(' ')}: exit ${done.code}\n${done.stderr}`);
    return done.stdout.toString();
  }

  async recipient(): Promise<string> {
    return /public key: (\S+)/.exec(await readFile(this.keyFile, 'utf8'))?.[1] ?? '';
  }

  /** What the real sops makes of a blob with this one's keys. */
  async realSops(object: string): Promise<{ code: number; stdout: string }> {
    const file = join(this.box.root, `blob-${this.name}.yaml`);
    await writeFile(file, await this.box.blob(object));
    const { code, stdout } = sops(['decrypt', file], { env: { SOPS_AGE_KEY_FILE: this.keyFile } });
    return { code, stdout: stdout.toString() };
  }

  async clone(remote: string): Promise<Colleague> {
    const repo = join(this.box.root, this.name);
    await this.box.git('clone', '-q', remote, repo);
    return new Colleague(this.box.at(repo), this.name);
  }

  async withKey(): Promise<Colleague> {
    await mkdir(join(this.keyFile, '..'), { recursive: true });
    await writeFile(this.keyFile, generateKeyFile().text, { mode: 0o600 });
    return this;
  }
}

export interface Office {
  readonly root: string;
  /** A bare repository. */
  readonly remote: string;
  hire(name: string): Promise<Colleague>;
}

/** A shared repository, and people who each have a home of their own. */
export async function createOffice(): Promise<Office> {
  const box = await createSandbox();
  const bin = join(box.root, 'bin');
  await mkdir(bin);
  await symlink(process.env['GIT_SOPS_TEST_CLI'] ?? '', join(bin, 'git-sops'));
  const remote = join(box.root, 'remote.git');
  await box.git('init', '-q', '--bare', remote);
  return {
    root: box.root,
    remote,
    async hire(name) {
      const home = join(box.root, `home-${name}`);
      await mkdir(join(home, '.config'), { recursive: true });
      const config = await readFile(join(box.root, 'home/.gitconfig'), 'utf8');
      await writeFile(join(home, '.gitconfig'), `${config}[user]\n\tname = ${name}\n\temail = ${name}@example.com\n`);
      const own = box.with({
        HOME: home,
        USERPROFILE: home,
        XDG_CONFIG_HOME: join(home, '.config'),
        GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
        GIT_AUTHOR_NAME: name,
        GIT_COMMITTER_NAME: name,
        PATH: `${bin}:${box.env['PATH'] ?? ''}`,
      });
      return new Colleague(own, name);
    },
  };
}
