/**
 * What a command sees of the world. Clock, environment and streams are passed in, so that tests need no switches in the code.
 */
export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** The user's home directory. */
  readonly home: string;
  /** The command line that started this program, to be written into Git's configuration: program first. */
  readonly self: readonly string[];
  /** Of this program. */
  readonly version: string;
  now(): Date;
  /** Tells the user of a failure on stderr, with its place and the command that mends it; gives its exit code. */
  report(error: unknown): number;
  /** Tells `GIT_SOPS_TRACE` what happens: names, counts and times, never a value. A function is asked only where somebody listens. */
  trace(message: string | (() => string)): void;
}

/** A command: its arguments, the world, and the exit code. @throws GitSopsError for whatever it refuses. */
export type Command = (args: string[], io: Io) => Promise<number>;
