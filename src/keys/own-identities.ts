import type { GitSopsError } from '../errors.ts';
import type { Identity } from './identity.ts';
import type { KeyContext } from './key-context.ts';
import type { IdentitySource } from './sources/identity-source.ts';

export interface OwnIdentity {
  readonly identity: Identity;
  /** Null for a hybrid one, where to find out would load a large package. */
  readonly recipient: string | null;
}

/** Stanza types to open; `any` leaves out sources that open some types only, null leaves out none. */
export type Types = ReadonlySet<string> | 'any' | null;

/** The identities that the user has: each source is loaded when it is first asked for, and once. */
export class OwnIdentities {
  readonly #context: KeyContext;
  #sources: readonly IdentitySource[];
  readonly #standing = new Map<IdentitySource, Promise<OwnIdentity[]>>();
  readonly #asked = new Map<string, Promise<OwnIdentity[]>>();
  /** What is wrong with sources; each sentence once. */
  readonly problems = new Set<string>();
  /** By their sentences. */
  readonly warnings = new Map<string, GitSopsError>();

  constructor(context: KeyContext, sources: readonly IdentitySource[]) {
    this.#context = context;
    this.#sources = sources;
  }

  /** Of the sources that are no commands. */
  async standing(types: Types): Promise<OwnIdentity[]> {
    const wanted = this.#sources.filter((source) => source.perRecipient !== true && mayOpen(source, types));
    const loaded = wanted.map((source) => {
      const identities = this.#standing.get(source) ?? this.#load(source, null);
      this.#standing.set(source, identities);
      return identities;
    });
    return (await Promise.all(loaded)).flat();
  }

  /** Each recipient once, and not at all after a source was too slow: nobody shall wait for it a second time. */
  async askFor(recipient: string | null, types: Types): Promise<OwnIdentity[]> {
    const wanted = this.#sources.filter((source) => source.perRecipient === true && mayOpen(source, types));
    const answers = wanted.map((source) => {
      const name = `${source.name} ${recipient ?? ''}`;
      const answer = this.#asked.get(name) ?? this.#load(source, recipient);
      this.#asked.set(name, answer);
      return answer;
    });
    return (await Promise.all(answers)).flat();
  }

  async hasPlugin(plugin: string): Promise<boolean> {
    const own = await this.standing('any');
    return own.some(({ identity }) => identity.plugin === plugin);
  }

  async #load(source: IdentitySource, recipient: string | null): Promise<OwnIdentity[]> {
    const { identities, problems, warnings } = await source.load(this.#context, recipient);
    for (const problem of problems) {
      this.problems.add(problem.message);
      if (problem.code === 'key-source-too-slow') this.#sources = this.#sources.filter((other) => other !== source);
    }
    for (const warning of warnings) this.warnings.set(warning.message, warning);
    return Promise.all(
      identities.map(async (identity) => ({
        identity,
        recipient: identity.kind === 'hybrid' ? null : await identity.recipient(),
      })),
    );
  }
}

/** Whether it opens without a passphrase or a touch. */
export const isSilent = ({ identity }: OwnIdentity) => !identity.asks;

function mayOpen({ opens }: IdentitySource, types: Types): boolean {
  if (opens === undefined || types === null) return true;
  return types !== 'any' && opens.some((type) => types.has(type));
}
