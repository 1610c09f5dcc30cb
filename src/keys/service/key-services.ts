import { serviceMends, serviceReasons } from '../../clauses.ts';
import { GitSopsError } from '../../errors.ts';
import { formatDate } from '../../tree/go-time.ts';
import { type ForeignRecipient, fieldsOf, recipientOfKey } from '../foreign-recipient.ts';
import type { KeyContext } from '../key-context.ts';
import { type ForeignMasterKey, type MasterKey, showMasterKey, wrappedOf } from '../master-key.ts';
import { gpgOwnFingerprints, gpgUnwrap, gpgWrap } from '../pgp/gpg.ts';
import type { KeyService } from './key-service.ts';
import { type KeyServicePolicy, refusalOf } from './key-service-policy.ts';

/** Whoever opens and wraps what age's identities do not: GnuPG, the user's sops for keys of clouds, key services of the user's. */
export class KeyServices {
  readonly #context: KeyContext;
  readonly #policy: KeyServicePolicy;
  readonly #now: () => Date;
  #cloud: Promise<KeyService | { readonly missing: string }> | null = null;
  #remote: Promise<readonly (KeyService | string)[]> | null = null;
  /** Service and key → how often in a row it gave nothing. */
  readonly #failures = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(context: KeyContext, policy: KeyServicePolicy, now: () => Date) {
    this.#context = context;
    this.#policy = policy;
    this.#now = now;
  }

  /** @throws GitSopsError `unserved-recipient`, `malformed-recipient`, `versionless-recipient` */
  async wrap(recipient: ForeignRecipient, part: Uint8Array): Promise<ForeignMasterKey> {
    const fields = fieldsOf(recipient);
    const { kind, id } = recipient;
    if (kind === 'azure_kv' && fields['version'] === '') {
      throw new GitSopsError('versionless-recipient', { detail: id });
    }
    const enc = await this.#inTurn(() => this.#wrap(recipient, fields, part));
    const createdAt = formatDate(this.#now());
    const record = Object.fromEntries(
      Object.entries({ ...fields, created_at: createdAt, enc }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    return { kind, id, createdAt, record };
  }

  /** @param problems gets why nobody opens it, beside that it is for somebody else */
  unwrap(key: MasterKey, problems: Set<string>): Promise<Uint8Array | null> {
    return this.#inTurn(() => this.#unwrap(key, problems));
  }

  /** The fingerprints among these whose secret keys GnuPG has. */
  async ownOf(fingerprints: readonly string[]): Promise<string[]> {
    if (!this.#policy.local || fingerprints.length === 0) return [];
    const own = await this.#inTurn(() => gpgOwnFingerprints(this.#context));
    return fingerprints.filter((one) => {
      const digits = one.replace(/^0x|!$/gi, '').toUpperCase();
      return digits.length >= 16 && own.some((fingerprint) => fingerprint.endsWith(digits));
    });
  }

  async #wrap(recipient: ForeignRecipient, fields: ForeignMasterKey['record'], part: Uint8Array): Promise<string> {
    const { kind, id } = recipient;
    const refusals: GitSopsError[] = [];
    const refuse = (other: string, mend?: string) => {
      refusals.push(new GitSopsError('unserved-recipient', { detail: `${kind}:${id}`, other, mend }));
    };
    for (const service of await this.#servicesFor(recipient, fields, refuse)) {
      try {
        return service === 'gpg'
          ? await gpgWrap(id, part, this.#context)
          : await service.encrypt({ kind, fields }, part);
      } catch (error) {
        if (error instanceof GitSopsError) refusals.push(error);
        else refuse(said(service, error));
      }
    }
    throw (
      refusals[0] ?? new GitSopsError('unserved-recipient', { detail: `${kind}:${id}`, other: serviceReasons.none })
    );
  }

  async #unwrap(key: MasterKey, problems: Set<string>): Promise<Uint8Array | null> {
    const shown = showMasterKey(key);
    const tell = (problem: string, mend?: string) =>
      problems.add(`${shown}: ${problem}${mend === undefined ? '' : ` (${mend})`}`);
    let services: readonly (KeyService | 'gpg')[];
    try {
      const recipient = key.kind === 'age' ? null : recipientOfKey(key);
      services =
        recipient === null
          ? await this.#remoteServices(tell)
          : await this.#servicesFor(recipient, fieldsToOpen(recipient), tell);
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      problems.add(error.message);
      return null;
    }
    for (const service of services) {
      const name = `${service === 'gpg' ? service : service.name} ${shown}`;
      if ((this.#failures.get(name) ?? 0) >= mostFailures) continue;
      const part = await this.#ask(service, key);
      if (typeof part === 'object' && part !== null) {
        this.#failures.delete(name);
        return part;
      }
      // Who did not give a passphrase once shall not be asked for each file.
      const more = service === 'gpg' && part !== null ? mostFailures : 1;
      this.#failures.set(name, (this.#failures.get(name) ?? 0) + more);
      if (part !== null) tell(part);
    }
    return null;
  }

  /** A text says why there is nothing; null that it is for somebody else. */
  async #ask(service: KeyService | 'gpg', key: MasterKey): Promise<Uint8Array | string | null> {
    const wrapped = wrappedOf(key);
    if (service === 'gpg') return gpgUnwrap(wrapped, this.#context);
    try {
      const named = key.kind === 'age' ? key : { kind: key.kind, fields: fieldsToOpen(recipientOfKey(key)) };
      return await service.decrypt(named, wrapped);
    } catch (error) {
      return said(service, error);
    }
  }

  async #servicesFor(
    { kind }: ForeignRecipient,
    fields: ForeignMasterKey['record'],
    tell: (problem: string, mend?: string) => void,
  ): Promise<readonly (KeyService | 'gpg')[]> {
    const remote = await this.#remoteServices(tell);
    if (!this.#policy.local) return remote;
    if (kind === 'pgp') return ['gpg', ...remote];
    const refusal = refusalOf(kind, fields, this.#policy, this.#context.env);
    if (refusal !== null) {
      // A service that the user named decides for itself whom it asks.
      if (remote.length === 0) tell(refusal.reason, refusal.mend);
      return remote;
    }
    this.#cloud ??= import('./local-key-service.ts').then(({ startLocalKeyService }) =>
      startLocalKeyService(this.#context),
    );
    const cloud = await this.#cloud;
    if (!('missing' in cloud)) return [cloud, ...remote];
    if (remote.length === 0) tell(cloud.missing, serviceMends.install);
    return remote;
  }

  async #remoteServices(tell: (problem: string) => void): Promise<readonly KeyService[]> {
    if (this.#policy.remote.length === 0) return [];
    this.#remote ??= import('./grpc-key-service.ts').then(({ GrpcKeyService, keyServiceTarget }) =>
      this.#policy.remote.map((uri) => {
        const target = keyServiceTarget(uri);
        return target === null ? uri : new GrpcKeyService(uri, target);
      }),
    );
    const services: KeyService[] = [];
    for (const service of await this.#remote) {
      if (typeof service === 'string') tell(serviceReasons.notAnAddress(service));
      else services.push(service);
    }
    return services;
  }

  /** One question at a time: an answer may spare the next one, and two prompts at once help nobody. */
  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.#turn.then(ask);
    this.#turn = answer.catch(() => {});
    return answer;
  }
}

/** GnuPG looks at the message alone, whatever the entry calls its key. */
function fieldsToOpen(recipient: ForeignRecipient): ForeignMasterKey['record'] {
  return recipient.kind === 'pgp' ? (recipient.fields ?? {}) : fieldsOf(recipient);
}

/** Of files for one key, until the rest is left alone: nobody without access shall wait for each of a hundred. */
const mostFailures = 3;
const mostCharacters = 300;

function said(service: KeyService | 'gpg', error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replace(/\s+/g, ' ').trim();
  const name = service === 'gpg' ? 'GnuPG' : service.name;
  return serviceReasons.says(name, line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line);
}
