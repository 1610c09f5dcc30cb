import { type HookEvent, pushHook } from '../../../git/hook-events.ts';
import type { HookManager } from '../../../git/hook-manager.ts';
import type { GitPath } from '../../../git/path.ts';

/** A text file of the working tree; null where there is none. */
export type ReadText = (path: GitPath) => string | null;

/** What a file becomes. */
export interface FileChange {
  readonly path: GitPath;
  /** Null: the file goes. */
  readonly text: string | null;
  /** What that does, for the plan: "add … to …". */
  readonly what: string;
  /** Of a new file that is a program. */
  readonly mode?: number;
}

/** The hook as an entry in the committed list of a program that owns the repository's hooks. */
export interface ManagedHook {
  readonly manager: HookManager;
  /** What `added` may change. */
  readonly files: readonly GitPath[];
  /** Whether the list holds the hook for all of these events, written by `init` or by hand. */
  present(read: ReadText, events: readonly HookEvent[]): Promise<boolean>;
  /** What must change for the hook to be in the list; empty when it is. @throws GitSopsError `hook-list-unfit` */
  added(read: ReadText, events: readonly HookEvent[]): Promise<FileChange[]>;
  /** What must change for the entries of `init` to be gone. @throws GitSopsError `hook-list-unfit` */
  removed(read: ReadText, events: readonly HookEvent[]): Promise<FileChange[]>;
  /** Whether Git runs the manager in this clone. @param folder where Git looks for hooks */
  active(folder: string, events: readonly HookEvent[]): boolean;
  /** The command that makes it so. */
  activate(events: readonly HookEvent[]): string;
}

/** The line that a list holds. Where `git-sops` is not found Git says so and fails: the commit is refused. */
export function hookCommand(name: HookEvent): string {
  return `git sops hook ${name}`;
}

/** Whether a command line runs our hook for such an event, however it was spelled. */
export function runsHook(command: unknown, event: HookEvent = 'pre-commit'): boolean {
  const names = event === pushHook ? pushHook : 'pre-(?:(?:merge-)?commit|applypatch)';
  return typeof command === 'string' && new RegExp(`\\bgit[ -]sops hook ${names}\\b`).test(command);
}

/** What the plan says of an entry for these events. */
export function addition(events: readonly HookEvent[], path: GitPath, before: string | null): string {
  const [first = 'pre-commit'] = events;
  return `${before === null ? 'write' : 'add'} "${hookCommand(first)}" to ${path}`;
}
