import { serviceReasons } from '../clauses.ts';
import { GitSopsError } from '../errors.ts';
import { AgeFileError } from './age/age-file.ts';
import type { AgeMasterKey } from './master-key.ts';
import { isSilent, type OwnIdentities, type OwnIdentity } from './own-identities.ts';
import { plainRecipient } from './recipient.ts';
import type { Unwrapped } from './unwrapped.ts';
import { ageFileOf, stanzaTypes } from './wrapped-file.ts';

/** A command that needs this many recipients has no key for the file. */
export const mostAsked = 32;

/** Opens what is wrapped by age, with the user's own identities. */
export class AgeOpener {
  readonly #own: OwnIdentities;
  readonly #unwrapped: Unwrapped;

  constructor(own: OwnIdentities, unwrapped: Unwrapped) {
    this.#own = own;
    this.#unwrapped = unwrapped;
  }

  async open(keys: AgeMasterKey[], length: number, problems: Set<string>, mayAsk: boolean): Promise<Uint8Array | null> {
    // The usual case looks at no stanza before it has to: only then it is known which other sources may have the key.
    const open = (own: OwnIdentity[]) => this.#openOneOf(keys, own, length, problems);
    const first = await this.#own.standing('any');
    const part = await open(first.filter(isSilent));
    if (part !== null) return part;
    const types = stanzaTypes(keys);
    const standing = await this.#own.standing(types);
    const others = await open(standing.filter((own) => isSilent(own) && !first.includes(own)));
    if (others !== null) return others;
    const asking = standing.filter((own) => !isSilent(own));
    for (const recipient of new Set(keys.slice(0, mostAsked).map((key) => key.recipient))) {
      const answers = await this.#own.askFor(recipient, types);
      const answered = await open(answers.filter(isSilent));
      if (answered !== null) return answered;
      asking.push(...answers.filter((own) => !isSilent(own)));
    }
    // Nobody is asked for a passphrase or a touch before all else has failed.
    return mayAsk ? open(asking) : null;
  }

  /** Many at once, where identities that ask nobody have a way for that. What does not open is left to `open`. */
  async openAhead(keys: readonly AgeMasterKey[]): Promise<void> {
    const standing = await this.#own.standing('any');
    const own = standing.filter((one) => isSilent(one) && one.identity.openAhead !== undefined);
    if (own.length === 0) return;
    const open = async ({ recipient, enc }: AgeMasterKey): Promise<void> => {
      const plain = plainRecipient(recipient);
      const file = ageFileOf(enc);
      if (file instanceof AgeFileError) return;
      for (const one of own) {
        const part = one.recipient === plain ? ((await one.identity.openAhead?.(file)) ?? null) : null;
        if (part === null) continue;
        this.#unwrapped.keep(enc, part);
        return;
      }
    };
    await Promise.all(keys.map(open));
  }

  /** First the entries that say they are ours; then any, since what an entry says is not what it is. */
  async #openOneOf(keys: AgeMasterKey[], own: OwnIdentity[], length: number, problems: Set<string>) {
    if (own.length === 0) return null;
    const recipients = new Set(own.map(({ recipient }) => recipient));
    const isOurs = (key: AgeMasterKey) => recipients.has(plainRecipient(key.recipient));
    for (const key of [...keys.filter(isOurs), ...keys.filter((other) => !isOurs(other))]) {
      const part = await this.#openKey(key, own, length, problems);
      if (part !== null) return part;
    }
    return null;
  }

  async #openKey({ recipient, enc }: AgeMasterKey, own: OwnIdentity[], length: number, problems: Set<string>) {
    const plain = plainRecipient(recipient);
    const matching = own.filter((one) => one.recipient === plain);
    const broken = (other: string) =>
      problems.add(new GitSopsError('broken-wrapped-key', { detail: recipient, other }).message);
    const file = ageFileOf(enc);
    if (file instanceof AgeFileError) {
      broken(file.message);
      return null;
    }
    let failed = false;
    for (const { identity } of [...matching, ...own.filter((one) => one.recipient !== plain)]) {
      try {
        const part = await identity.open(file);
        if (part === null) continue;
        if (part.length === length) return this.#unwrapped.keep(enc, part);
        broken(serviceReasons.wrongLength);
      } catch (error) {
        // What is wrong with an identity is told once, and another one may open the entry all the same.
        if (error instanceof GitSopsError) {
          this.#own.problems.add(error.message);
          problems.add(error.message);
        } else broken(error instanceof AgeFileError ? error.message : 'it is broken');
      }
      failed = true;
    }
    if (matching.length > 0 && !failed) broken('it was wrapped for someone else');
    return null;
  }
}
