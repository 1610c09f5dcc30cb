import { serviceReasons } from '../clauses.ts';
import { DATA_KEY_LENGTH } from '../crypto/data-key.ts';
import { combineShares } from '../crypto/shamir.ts';
import { GitSopsError } from '../errors.ts';
import { AgeOpener, mostAsked } from './age-opener.ts';
import { isForeign, type Recipient } from './any-recipient.ts';
import { inDecryptionOrder } from './decryption-order.ts';
import type { KeyContext } from './key-context.ts';
import { type KeyGroup, recipientsOf } from './key-group.ts';
import { FOREIGN_KINDS, type MasterKey, wrappedOf } from './master-key.ts';
import { OwnIdentities } from './own-identities.ts';
import { plainRecipient, wrapDataKey } from './recipient.ts';
import { type KeyServicePolicy, policyOf, usesLocalKeys } from './service/key-service-policy.ts';
import type { KeyServices } from './service/key-services.ts';
import type { IdentitySource } from './sources/identity-source.ts';
import { identitySources } from './sources/identity-sources.ts';
import { systemTerminal } from './terminal/system-terminal.ts';
import type { Terminal } from './terminal/terminal.ts';
import { Unwrapped } from './unwrapped.ts';
import type { Wrapping } from './wrapping.ts';

/** Everything that can open a data key here and now. */
export interface Keyring {
  /**
   * The data key of a file. Without an identity for it: who could open it, and what is wrong with the key sources and entries.
   * @param shamirThreshold how many groups must open where there are several; 0 for all of them
   * @param mayAsk false where a file shall not cost a passphrase, a touch or a key service; true if not given
   */
  dataKey(
    groups: readonly KeyGroup[],
    shamirThreshold: number,
    mayAsk?: boolean,
  ): Promise<DataKeyFound | DataKeyMissing>;
  /**
   * Opens at once, by what asks nobody, the data keys of files that `dataKey` will be asked about next. Says nothing of those that
   * it cannot open.
   */
  openAhead?(files: readonly (readonly KeyGroup[])[]): Promise<void>;
  /**
   * The recipients of the identities that there are.
   * @param candidates for whom a source that answers for one recipient at a time is asked
   * @param withSsh whether SSH keys count, which most people have for other things; if not given, where a candidate is one
   */
  ownRecipients(candidates?: readonly string[], withSsh?: boolean): Promise<string[]>;
  /** Identities that there are, and that nobody can say the recipient of without the user: in the user's words. */
  hiddenIdentities(): Promise<string[]>;
  /**
   * Wraps a data key, or a Shamir part of one.
   * @throws GitSopsError `unserved-recipient`, `malformed-recipient`, `versionless-recipient`, and those of `wrapDataKey`
   */
  wrap(recipient: Recipient, part: Uint8Array): Promise<MasterKey>;
  /** Sentences about key sources that were looked at: exposed files, unusable lines. Each once. */
  warnings(): string[];
  /** What is wrong with identities that work: exposed files, keys that are not random. */
  concerns(): readonly GitSopsError[];
}

export interface DataKeyFound {
  /** 32 bytes */
  readonly dataKey: Uint8Array;
}

export interface DataKeyMissing {
  readonly dataKey: null;
  /** `age1…`, or kind and id for other types. */
  readonly recipients: string[];
  readonly problems: string[];
  /** Whether one of the problems is this file's, rather than a key source's: another one for the same people may open. */
  readonly broken: boolean;
}

export interface KeyringOptions {
  readonly env: KeyContext['env'];
  readonly platform: NodeJS.Platform;
  readonly home: string | null;
  /** What relative paths of key files count from; the process's working directory if not given. */
  readonly cwd?: string;
  /** Milliseconds that a pipe or a command may take; 30 seconds if not given. */
  readonly timeLimit?: number;
  /** Milliseconds that the user may take to answer; three minutes if not given. */
  readonly answerLimit?: number;
  /** The one that controls the process if not given. */
  readonly terminal?: Terminal;
  /** Whether an age plugin may be started for a recipient that names it; never if not given, unless the user has an identity of it. */
  trusts?(plugin: string): Promise<boolean>;
  /** Those of sops if not given. */
  readonly sources?: readonly IdentitySource[];
  /** Which key services may be asked; asked for when the first is needed. The environment's, without network, if not given. */
  readonly policy?: () => Promise<KeyServicePolicy>;
  /** When a wrapped key was made; the system's clock if not given. */
  readonly now?: () => Date;
}

const defaultTimeLimit = 30_000;
const defaultAnswerLimit = 180_000;
/** Of what `showMasterKey` shows. */
const pgpPrefix = 'pgp:';

function isForeignName(shown: string): boolean {
  return FOREIGN_KINDS.some((kind) => shown.startsWith(`${kind}:`));
}

/** Loads nothing before the first question. */
export function createKeyring(options: KeyringOptions): Keyring {
  return new LazyKeyring(options);
}

class LazyKeyring implements Keyring {
  readonly #context: KeyContext;
  readonly #wrapping: Wrapping;
  readonly #own: OwnIdentities;
  readonly #unwrapped = new Unwrapped();
  readonly #age: AgeOpener;
  readonly #policy: () => Promise<KeyServicePolicy>;
  readonly #now: () => Date;
  #services: Promise<KeyServices> | null = null;

  constructor({ env, platform, home, cwd, timeLimit, sources, policy, now, ...user }: KeyringOptions) {
    const answerLimit = user.answerLimit ?? defaultAnswerLimit;
    this.#context = {
      env,
      platform,
      home,
      cwd: cwd ?? process.cwd(),
      timeLimit: timeLimit ?? defaultTimeLimit,
      answerLimit,
      terminal: user.terminal ?? systemTerminal({ env, platform, timeLimit: answerLimit }),
    };
    const trusts = async (plugin: string) =>
      (await this.#own.hasPlugin(plugin)) || (await user.trusts?.(plugin)) === true;
    this.#wrapping = { ...this.#context, trusts };
    this.#own = new OwnIdentities(this.#context, usesLocalKeys(env) ? (sources ?? identitySources) : []);
    this.#age = new AgeOpener(this.#own, this.#unwrapped);
    this.#policy = policy ?? (async () => policyOf(env, 'none'));
    this.#now = now ?? (() => new Date());
  }

  async dataKey(
    groups: readonly KeyGroup[],
    shamirThreshold: number,
    mayAsk = true,
  ): Promise<DataKeyFound | DataKeyMissing> {
    const problems = new Set<string>();
    const needed = groups.length > 1 ? Math.max(2, shamirThreshold || groups.length) : 1;
    const partLength = groups.length > 1 ? DATA_KEY_LENGTH + 1 : DATA_KEY_LENGTH;
    const parts: Uint8Array[] = [];
    for (const group of groups) {
      const part = await this.#openGroup(group, partLength, problems, mayAsk);
      if (part !== null) parts.push(part);
      if (parts.length === needed) return this.#join(parts, groups, problems);
    }
    return this.#missing(groups, problems);
  }

  async openAhead(files: readonly (readonly KeyGroup[])[]): Promise<void> {
    // Where there are other types too, their order counts.
    const groups = files.flat().filter((group) => group.every(({ kind }) => kind === 'age'));
    await this.#age.openAhead(groups.flat().filter((key) => key.kind === 'age'));
  }

  async ownRecipients(
    candidates: readonly string[] = [],
    withSsh = candidates.some((candidate) => candidate.startsWith('ssh-')),
  ): Promise<string[]> {
    const types = withSsh ? null : 'any';
    const own = [...(await this.#own.standing(types))];
    const known = new Set(own.map(({ recipient }) => recipient));
    const askable = candidates.filter((candidate) => !isForeignName(candidate));
    for (const candidate of candidates.length === 0 ? [null] : askable.slice(0, mostAsked)) {
      if (candidate !== null && known.has(plainRecipient(candidate))) continue;
      own.push(...(await this.#own.askFor(candidate, types)));
    }
    const found = await Promise.all(own.map(({ identity, recipient }) => recipient ?? identity.recipient()));
    const age = found.filter((recipient) => recipient !== null);
    age.push(...candidates.filter((candidate) => age.includes(plainRecipient(candidate))));
    const pgp = candidates.filter((candidate) => candidate.startsWith(pgpPrefix));
    const ownPgp = pgp.length === 0 ? [] : await this.#ownPgp(pgp.map((id) => id.slice(pgpPrefix.length)));
    return [...new Set([...age, ...ownPgp])];
  }

  async hiddenIdentities(): Promise<string[]> {
    const own = await this.#own.standing('any');
    return own.flatMap(({ identity }) => identity.hidden ?? []);
  }

  async wrap(recipient: Recipient, part: Uint8Array): Promise<MasterKey> {
    if (!isForeign(recipient)) {
      return { kind: 'age', recipient: recipient.text, enc: await wrapDataKey(recipient, part, this.#wrapping) };
    }
    return (await this.#keyServices()).wrap(recipient, part);
  }

  warnings(): string[] {
    return [...this.#own.warnings.keys(), ...this.#own.problems];
  }

  concerns(): readonly GitSopsError[] {
    return [...this.#own.warnings.values()];
  }

  #join(parts: Uint8Array[], groups: readonly KeyGroup[], problems: Set<string>): DataKeyFound | DataKeyMissing {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return { dataKey: only };
    try {
      return { dataKey: combineShares(parts) };
    } catch (error) {
      problems.add(error instanceof GitSopsError ? error.message : String(error));
      return this.#missing(groups, problems);
    }
  }

  #missing(groups: readonly KeyGroup[], problems: Set<string>): DataKeyMissing {
    const all = new Set([...this.#own.problems, ...problems]);
    return { dataKey: null, recipients: recipientsOf(groups), problems: [...all], broken: problems.size > 0 };
  }

  async #openGroup(
    group: KeyGroup,
    length: number,
    problems: Set<string>,
    mayAsk: boolean,
  ): Promise<Uint8Array | null> {
    const known = this.#unwrapped.find(group, length);
    if (known !== null) return known;
    for (const keys of inDecryptionOrder(group, this.#context.env['SOPS_DECRYPTION_ORDER'])) {
      const age = keys.filter((key) => key.kind === 'age');
      const part = age.length > 0 ? await this.#age.open(age, length, problems, mayAsk) : null;
      const found = part ?? (mayAsk ? await this.#openByService(keys, length, problems) : null);
      if (found !== null) return found;
    }
    return null;
  }

  /** GnuPG, a cloud's key or a key service of the user's; for keys of age only the latter. */
  async #openByService(keys: readonly MasterKey[], length: number, problems: Set<string>): Promise<Uint8Array | null> {
    const services = await this.#keyServices();
    for (const key of keys.slice(0, mostAsked)) {
      const part = await services.unwrap(key, problems);
      if (part?.length === length) return this.#unwrapped.keep(wrappedOf(key), part);
      if (part !== null) {
        const detail = recipientsOf([[key]]).join();
        problems.add(new GitSopsError('broken-wrapped-key', { detail, other: serviceReasons.wrongLength }).message);
      }
    }
    return null;
  }

  #keyServices(): Promise<KeyServices> {
    this.#services ??= (async () => {
      const [{ KeyServices }, policy] = await Promise.all([import('./service/key-services.ts'), this.#policy()]);
      return new KeyServices(this.#context, policy, this.#now);
    })();
    return this.#services;
  }

  async #ownPgp(fingerprints: readonly string[]): Promise<string[]> {
    const own = await (await this.#keyServices()).ownOf(fingerprints);
    return own.map((fingerprint) => `${pgpPrefix}${fingerprint}`);
  }
}
