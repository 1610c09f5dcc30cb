import type { Command } from '../commands/io.ts';

export interface Entry {
  readonly summary: string;
  /** Plumbing is what Git and CI call; the overview leaves it out. */
  readonly plumbing?: true;
  load(): Promise<Command>;
}

/** What Git calls, loaded when it is called. */
export const plumbingCommands: Readonly<Record<string, Entry>> = {
  'filter-process': {
    summary: "Git's long-running filter",
    plumbing: true,
    load: async () => (await import('../commands/filter-process.ts')).filterProcess,
  },
  clean: {
    summary: 'working file → blob, on stdin and stdout',
    plumbing: true,
    load: async () => (await import('../commands/clean.ts')).clean,
  },
  smudge: {
    summary: 'blob → working file, on stdin and stdout',
    plumbing: true,
    load: async () => (await import('../commands/smudge.ts')).smudge,
  },
  textconv: {
    summary: 'a file as plaintext, for git diff',
    plumbing: true,
    load: async () => (await import('../commands/textconv.ts')).textconv,
  },
  'external-diff': {
    summary: 'a file as a semantic diff, for git diff (diff.sops.command)',
    plumbing: true,
    load: async () => (await import('../commands/external-diff.ts')).externalDiff,
  },
  'merge-driver': {
    summary: 'the three-way merge by values, for git merge and its kin',
    plumbing: true,
    load: async () => (await import('../commands/merge-driver.ts')).mergeDriver,
  },
  'merge-server': {
    summary: 'the same for all files of one Git command (the merge driver starts it)',
    plumbing: true,
    load: async () => (await import('../commands/merge-server.ts')).mergeServer,
  },
  hook: {
    summary: 'judge what is staged (hook pre-commit)',
    plumbing: true,
    load: async () => (await import('../commands/hook.ts')).hook,
  },
};
