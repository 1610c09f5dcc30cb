import { join, resolve } from 'node:path';
import type { KeyContext } from '../key-context.ts';
import { type IdentitySource, type LoadedKeys, NO_KEYS } from '../sources/identity-source.ts';
import { keyCommand } from '../sources/key-command.ts';
import { readKeyFile } from '../sources/key-file.ts';

/** An SSH key opens these, and they are opened by nothing else. */
const opens = ['ssh-ed25519', 'ssh-rsa'];

/** `SOPS_AGE_SSH_PRIVATE_KEY_FILE`: the path of a private key. */
export const sshKeyFile: IdentitySource = {
  name: 'SOPS_AGE_SSH_PRIVATE_KEY_FILE',
  opens,
  async load(context) {
    const path = context.env[this.name];
    return path ? readSshKey(resolve(context.cwd, path), `${this.name} (${path})`, context) : NO_KEYS;
  },
};

/** `SOPS_AGE_SSH_PRIVATE_KEY_CMD`: a command that prints a private key. */
export const sshKeyCommand = keyCommand(
  'SOPS_AGE_SSH_PRIVATE_KEY_CMD',
  (output, context) => parse(output, 'SOPS_AGE_SSH_PRIVATE_KEY_CMD', null, context),
  opens,
);

/** The user's own key of a type. That there is none is no problem. */
export function userSshKey(name: 'id_ed25519' | 'id_rsa'): IdentitySource {
  return {
    name: `~/.ssh/${name}`,
    opens,
    async load(context) {
      if (!context.home) return NO_KEYS;
      const path = join(context.home, '.ssh', name);
      return readSshKey(path, path, context, true);
    },
  };
}

function readSshKey(path: string, source: string, context: KeyContext, mayBeMissing = false): Promise<LoadedKeys> {
  return readKeyFile(path, source, context, (content) => parse(content, source, path, context), { mayBeMissing });
}

async function parse(content: Buffer, source: string, path: string | null, context: KeyContext): Promise<LoadedKeys> {
  const { loadSshKey } = await import('./load-ssh-key.ts');
  return loadSshKey(content.toString('latin1'), source, path, context);
}
