import { GitSopsError } from '../../errors.ts';
import { formatNameOf } from '../../format/by-path.ts';
import { type FormatName, formatNames } from '../../format/format.ts';
import { createKeyring, type Keyring } from '../../keys/keyring.ts';
import { parseRecipient } from '../../keys/recipient.ts';
import { policyOf } from '../../keys/service/key-service-policy.ts';
import type { Io } from '../io.ts';
import { isTrustedPlugin } from '../repository/keyring.ts';
import { type CommandSpec, type OptionSet, type Parsed, parseOptions } from '../terminal/options.ts';

/** What one call of a command of sops's works with. */
export interface Session {
  readonly io: Io;
  readonly keyring: Keyring;
  /** The `.sops.yaml` that was named; null to look for one. */
  readonly config: string | null;
}

interface SessionValues {
  readonly config?: string | undefined;
  readonly 'decryption-order'?: string | undefined;
  readonly keyservice?: readonly string[] | undefined;
  readonly 'enable-local-keyservice'?: boolean | undefined;
}

/**
 * What a command is about. `files`: the ones that were typed, each by its name; asking for them is asking for what they take, as with
 * sops itself. `repository`: what lies in it, whoever put it there; a file or rule there chooses no host that gets a token, and no
 * program. Plugins of recipients that were typed are the user's own word.
 */
export type Reach = { readonly about: 'files' } | { readonly about: 'repository'; readonly typed: readonly string[] };

/** Flags win over the environment, from which the key sources read the same. */
export function openSession(outer: Io, values: SessionValues, reach: Reach = { about: 'files' }): Session {
  const order = values['decryption-order'] || outer.env['SOPS_DECRYPTION_ORDER'] || '';
  const types = order.split(',');
  const twice = types.find((type, i) => types.indexOf(type) !== i);
  if (twice !== undefined) throw new GitSopsError('duplicate-key-type', { detail: `"${twice}"` });
  const local = values['enable-local-keyservice'];
  const env: Io['env'] = {
    ...outer.env,
    ...(order !== '' && { SOPS_DECRYPTION_ORDER: order }),
    ...(local !== undefined && { SOPS_ENABLE_LOCAL_KEYSERVICE: `${local}` }),
    ...(values.keyservice && { SOPS_KEYSERVICE: values.keyservice.join(',') }),
  };
  const io = { ...outer, env };
  const config = values.config || env['SOPS_CONFIG'] || null;
  const { platform, home, cwd, now } = io;
  const policy = async () => policyOf(env, reach.about === 'files' ? 'any' : 'named');
  const trusts = async (plugin: string) =>
    reach.about === 'files' || reach.typed.some((text) => pluginOf(text) === plugin) || (await isTrustedPlugin(plugin));
  return { io, keyring: createKeyring({ env, platform, home, cwd, now, policy, trusts }), config };
}

function pluginOf(text: string): string | null {
  try {
    return parseRecipient(text).plugin ?? null;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** As `parseOptions`, with sops's exit code for a flag that there is not. */
export function parseFlags<const T extends OptionSet>(spec: CommandSpec<T>, args: string[], io: Io): Parsed<T> | null {
  try {
    return parseOptions(spec, args, io);
  } catch (error) {
    throw error instanceof GitSopsError && error.code === 'wrong-use' ? error.with({ exit: 1 }) : error;
  }
}

/** As sops: a type that it does not know is none. */
export function formatOf(path: string, type: string | undefined): FormatName {
  return formatNames.find((name) => name === type) ?? formatNameOf(path);
}

/** @throws GitSopsError `wrong-use` */
export function wholeNumber(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new GitSopsError('wrong-use', { detail: `--${flag} takes a whole number`, exit: 1 });
}

/** The sentence about too few files or other arguments. */
export function needsFile(name: string, detail = 'no file was named'): GitSopsError {
  return new GitSopsError('no-file', { detail, other: `git sops ${name} --help` });
}

/** sops has no exit code of its own for a recipient that is none, or for none at all. */
export function withRecipientCode(error: GitSopsError): GitSopsError {
  return /-recipients?$/.test(error.code) ? error.with({ exit: 1 }) : error;
}
