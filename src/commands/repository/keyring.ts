import { getAllConfig, listConfig } from '../../git/config.ts';
import { createKeyring, type Keyring } from '../../keys/keyring.ts';
import { type KeyServicePolicy, policyOf } from '../../keys/service/key-service-policy.ts';
import type { Io } from '../io.ts';

/**
 * The keys of a command that Git starts, or that looks a repository over. What needs the network is asked only where the user
 * has said so, in Git's configuration (which no repository brings along) or by sops's variables.
 * @param policy where it was asked for already
 */
export function openKeyring(io: Io, policy?: Promise<KeyServicePolicy>): Keyring {
  const { env, platform, home, now } = io;
  const asked = () => policy ?? configuredPolicy(io);
  return createKeyring({ env, platform, home, now, policy: asked, trusts: isTrustedPlugin });
}

/** A plugin is a program: none is started because a repository names it. */
export async function isTrustedPlugin(plugin: string): Promise<boolean> {
  return (await getAllConfig('sops.agePlugin')).includes(plugin);
}

/** As Git's configuration and sops's variables have it. */
export async function configuredPolicy({ env }: Pick<Io, 'env'>): Promise<KeyServicePolicy> {
  const settings = await listConfig('sops');
  const valuesOf = (name: string) => settings.flatMap(([key, value]) => (key === `sops.${name}` ? [value] : []));
  const allowed = /^(?:true|yes|on|1)$/i.test(valuesOf('localkeyservice').at(-1) ?? '');
  const policy = policyOf(env, allowed ? 'named' : 'none');
  return { ...policy, remote: [...policy.remote, ...valuesOf('keyservice')] };
}
