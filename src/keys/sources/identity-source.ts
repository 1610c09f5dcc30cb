import type { GitSopsError } from '../../errors.ts';
import type { Identity } from '../identity.ts';
import type { KeyContext } from '../key-context.ts';

export interface LoadedKeys {
  readonly identities: readonly Identity[];
  /** Why the source, or a part of it, gave nothing. None of them is fatal. */
  readonly problems: readonly GitSopsError[];
  /** What its owner should know although it works. */
  readonly warnings: readonly GitSopsError[];
}

/** A place where identities may be. */
export interface IdentitySource {
  /** How users know it: a variable's name, a file's place. */
  readonly name: string;
  /** It answers for one recipient at a time, so it is asked last, and for each recipient that nobody else could open. */
  readonly perRecipient?: boolean;
  /** The types of stanzas that its identities open; it is left alone for a file without one. Left out where it may be any. */
  readonly opens?: readonly string[];
  /**
   * Never throws, and ends within the time limit.
   * @param recipient for `perRecipient` sources; null to ask for whatever there is
   */
  load(context: KeyContext, recipient: string | null): Promise<LoadedKeys>;
}

export const NO_KEYS: LoadedKeys = { identities: [], problems: [], warnings: [] };
