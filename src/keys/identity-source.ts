import type { GitSopsError } from '../errors.ts';
import type { Identity } from './identity.ts';

/** What a source may look at. Nothing deeper down reads the environment of the process. */
export interface KeyContext {
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: NodeJS.Platform;
  /** The user's home; null where there is none. */
  readonly home: string | null;
  /** What relative paths count from. */
  readonly cwd: string;
  /** Milliseconds that a pipe or a command may take. */
  readonly timeLimit: number;
}

export interface LoadedKeys {
  readonly identities: readonly Identity[];
  /** Why the source, or a part of it, gave nothing. None of them is fatal. */
  readonly problems: readonly GitSopsError[];
  /** What its owner should know although it works. */
  readonly warnings: readonly GitSopsError[];
}

/** A place where identities may be. Later places (SSH keys, key services …) plug in here. */
export interface IdentitySource {
  /** How users know it: a variable's name, a file's place. */
  readonly name: string;
  /** It answers for one recipient at a time, so it is asked last, and for each recipient that nobody else could open. */
  readonly perRecipient?: boolean;
  /**
   * Never throws, and ends within the time limit.
   * @param recipient for `perRecipient` sources; null to ask for whatever there is
   */
  load(context: KeyContext, recipient: string | null): Promise<LoadedKeys>;
}

export const NO_KEYS: LoadedKeys = { identities: [], problems: [], warnings: [] };
