import type { KeyContext } from './key-context.ts';

/** What the wrapping of a data key may use beside the public key: programs, and the user. */
export interface Wrapping extends KeyContext {
  /**
   * Whether an age plugin may be started for a recipient that names it. In a filter only where the user said so, or has an
   * identity of that plugin: a repository alone starts no program.
   */
  trusts(plugin: string): Promise<boolean>;
}
