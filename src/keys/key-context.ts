import type { Terminal } from './terminal/terminal.ts';

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
  /** Where the user may be asked for a passphrase. */
  readonly terminal: Terminal;
  /** Milliseconds that the user may take to answer, or to touch a key. */
  readonly answerLimit: number;
}
