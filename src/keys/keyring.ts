import { DATA_KEY_LENGTH } from '../crypto/data-key.ts';
import { combineShares } from '../crypto/shamir.ts';
import { GitSopsError } from '../errors.ts';
import { AgeFileError, parseAgeFile } from './age-file.ts';
import type { Identity } from './identity.ts';
import type { IdentitySource, KeyContext, LoadedKeys } from './identity-source.ts';
import { identitySources } from './identity-sources.ts';
import { type KeyGroup, recipientsOf } from './key-group.ts';
import type { AgeMasterKey } from './master-key.ts';

/** Everything that can open a data key here and now. */
export interface Keyring {
  /**
   * The data key of a file. Without an identity for it: who could open it, and what is wrong with the key sources and entries.
   * @param shamirThreshold how many groups must open where there are several; 0 for all of them
   */
  dataKey(groups: readonly KeyGroup[], shamirThreshold: number): Promise<DataKeyFound | DataKeyMissing>;
  /**
   * The recipients of the identities that there are.
   * @param candidates for whom a source that answers for one recipient at a time is asked
   */
  ownRecipients(candidates?: readonly string[]): Promise<string[]>;
  /** Sentences about key sources that were looked at: exposed files, unusable lines. Each once. */
  warnings(): string[];
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
}

export interface KeyringOptions {
  readonly env: KeyContext['env'];
  readonly platform: NodeJS.Platform;
  readonly home: string | null;
  /** What relative paths of key files count from; the process's working directory if not given. */
  readonly cwd?: string;
  /** Milliseconds that a pipe or a command may take; 30 seconds if not given. */
  readonly timeLimit?: number;
  /** Those of sops if not given. */
  readonly sources?: readonly IdentitySource[];
}

const defaultTimeLimit = 30_000;
/** Of what was unwrapped in this process: enough for a checkout, small beside its files. */
const mostRemembered = 4096;
/** A command that needs this many recipients has no key for the file. */
const mostAsked = 32;

/** Loads nothing before the first question. */
export function createKeyring(options: KeyringOptions): Keyring {
  return new LazyKeyring(options);
}

interface OwnIdentity {
  readonly identity: Identity;
  /** Null for a hybrid one, where to find out would load a large package. */
  readonly recipient: string | null;
}

class LazyKeyring implements Keyring {
  readonly #context: KeyContext;
  #sources: readonly IdentitySource[];
  #standing: Promise<OwnIdentity[]> | null = null;
  readonly #asked = new Map<string, Promise<OwnIdentity[]>>();
  /** `enc` → what it wraps. */
  readonly #opened = new Map<string, Uint8Array>();
  readonly #problems = new Set<string>();
  readonly #warnings = new Set<string>();

  constructor({ env, platform, home, cwd, timeLimit, sources }: KeyringOptions) {
    this.#context = { env, platform, home, cwd: cwd ?? process.cwd(), timeLimit: timeLimit ?? defaultTimeLimit };
    this.#sources = sources ?? identitySources;
  }

  async dataKey(groups: readonly KeyGroup[], shamirThreshold: number): Promise<DataKeyFound | DataKeyMissing> {
    const problems = new Set<string>();
    const needed = groups.length > 1 ? Math.max(2, shamirThreshold || groups.length) : 1;
    const partLength = groups.length > 1 ? DATA_KEY_LENGTH + 1 : DATA_KEY_LENGTH;
    const parts: Uint8Array[] = [];
    for (const group of groups) {
      const part = await this.#openGroup(group, partLength, problems);
      if (part !== null) parts.push(part);
      if (parts.length === needed) return this.#join(parts, groups, problems);
    }
    return this.#missing(groups, problems);
  }

  async ownRecipients(candidates: readonly string[] = []): Promise<string[]> {
    const own = [...(await this.#standingIdentities())];
    const known = new Set(own.map(({ recipient }) => recipient));
    for (const candidate of candidates.length === 0 ? [null] : candidates.slice(0, mostAsked)) {
      if (candidate === null || !known.has(candidate)) own.push(...(await this.#askFor(candidate)));
    }
    return [...new Set(await Promise.all(own.map(({ identity, recipient }) => recipient ?? identity.recipient())))];
  }

  warnings(): string[] {
    return [...this.#warnings, ...this.#problems];
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
    return { dataKey: null, recipients: recipientsOf(groups), problems: [...this.#problems, ...problems] };
  }

  async #openGroup(group: KeyGroup, length: number, problems: Set<string>): Promise<Uint8Array | null> {
    const keys = group.filter((key) => key.kind === 'age');
    for (const { enc } of keys) {
      const part = this.#opened.get(enc);
      if (part?.length === length) return part;
    }
    const standing = await this.#standingIdentities();
    const part = await this.#openOneOf(keys, standing, length, problems);
    if (part !== null) return part;
    for (const recipient of new Set(keys.slice(0, mostAsked).map((key) => key.recipient))) {
      const answered = await this.#openOneOf(keys, await this.#askFor(recipient), length, problems);
      if (answered !== null) return answered;
    }
    return null;
  }

  /** First the entries that say they are ours; then any, since what an entry says is not what it is. */
  async #openOneOf(keys: AgeMasterKey[], own: OwnIdentity[], length: number, problems: Set<string>) {
    if (own.length === 0) return null;
    const recipients = new Set(own.map(({ recipient }) => recipient));
    const isOurs = (key: AgeMasterKey) => recipients.has(key.recipient);
    for (const key of [...keys.filter(isOurs), ...keys.filter((other) => !isOurs(other))]) {
      const part = await this.#openKey(key, own, length, problems);
      if (part !== null) return part;
    }
    return null;
  }

  async #openKey({ recipient, enc }: AgeMasterKey, own: OwnIdentity[], length: number, problems: Set<string>) {
    const matching = own.filter((one) => one.recipient === recipient);
    const broken = (other: string) =>
      problems.add(new GitSopsError('broken-wrapped-key', { detail: recipient, other }).message);
    try {
      const file = parseAgeFile(enc);
      for (const { identity } of [...matching, ...own.filter((one) => one.recipient !== recipient)]) {
        const part = await identity.open(file);
        if (part === null) continue;
        if (part.length === length) return this.#remember(enc, part);
        broken('it is of the wrong length');
      }
      if (matching.length > 0) broken('it was wrapped for someone else');
    } catch (error) {
      broken(error instanceof AgeFileError ? error.message : 'it is broken');
    }
    return null;
  }

  #remember(enc: string, part: Uint8Array): Uint8Array {
    if (this.#opened.size >= mostRemembered) {
      const [oldest] = this.#opened.keys();
      if (oldest !== undefined) this.#opened.delete(oldest);
    }
    this.#opened.set(enc, part);
    return part;
  }

  #standingIdentities(): Promise<OwnIdentity[]> {
    this.#standing ??= this.#load((source) => source.perRecipient !== true, null);
    return this.#standing;
  }

  /** Each recipient once, and not at all after a source was too slow: nobody shall wait for it a second time. */
  #askFor(recipient: string | null): Promise<OwnIdentity[]> {
    const name = recipient ?? '';
    const answer = this.#asked.get(name) ?? this.#load((source) => source.perRecipient === true, recipient);
    this.#asked.set(name, answer);
    return answer;
  }

  async #load(isWanted: (source: IdentitySource) => boolean, recipient: string | null): Promise<OwnIdentity[]> {
    const loaded = await Promise.all(
      this.#sources
        .filter(isWanted)
        .map(async (source) => ({ source, keys: await source.load(this.#context, recipient) })),
    );
    return Promise.all(loaded.flatMap(({ source, keys }) => this.#take(source, keys)));
  }

  #take(source: IdentitySource, { identities, problems, warnings }: LoadedKeys): Promise<OwnIdentity>[] {
    for (const problem of problems) {
      this.#problems.add(problem.message);
      if (problem.code === 'key-source-too-slow') this.#sources = this.#sources.filter((other) => other !== source);
    }
    for (const warning of warnings) this.#warnings.add(warning.message);
    return identities.map(async (identity) => ({
      identity,
      recipient: identity.kind === 'x25519' ? await identity.recipient() : null,
    }));
  }
}
