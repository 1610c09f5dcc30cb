import { sshKeyCommand, sshKeyFile, userSshKey } from '../ssh/ssh-key-sources.ts';
import { ageKeyCommand } from './age-key-command.ts';
import { ageKeyFile } from './age-key-file.ts';
import { ageKeyVariable } from './age-key-variable.ts';
import type { IdentitySource } from './identity-source.ts';
import { userKeyFile } from './user-key-file.ts';

/** The sources that sops has for age keys (its age/keysource.go, loadIdentities). */
export const identitySources: readonly IdentitySource[] = [
  ageKeyVariable,
  ageKeyFile,
  ageKeyCommand,
  sshKeyFile,
  sshKeyCommand,
  userSshKey('id_ed25519'),
  userSshKey('id_rsa'),
  userKeyFile,
];
