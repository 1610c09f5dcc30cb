import type { Command } from '../commands/io.ts';

interface Entry {
  readonly summary: string;
  /** Plumbing is what Git and CI call; the overview leaves it out. */
  readonly plumbing?: true;
  load(): Promise<Command>;
}

/** Every command, loaded when it is called: what Git calls often loads only what that call needs. */
export const commands: Readonly<Record<string, Entry>> = {
  init: {
    summary: 'set up this repository and this clone (or, with --global, this machine)',
    load: async () => (await import('../commands/init.ts')).init,
  },
  deinit: { summary: 'take the set-up back', load: async () => (await import('../commands/deinit.ts')).deinit },
  status: {
    summary: 'every covered file: plaintext or locked here, encrypted in Git, its recipients',
    load: async () => (await import('../commands/status.ts')).status,
  },
  doctor: {
    summary: 'check Git, configuration, attributes, hook, rules and keys',
    load: async () => (await import('../commands/doctor.ts')).doctor,
  },
  lock: {
    summary: 'show covered working files as ciphertext',
    load: async () => (await import('../commands/lock.ts')).lock,
  },
  unlock: {
    summary: 'show covered working files as plaintext',
    load: async () => (await import('../commands/lock.ts')).unlock,
  },
  check: {
    summary: 'find plaintext and broken files in the index, the working tree, a revision or a range',
    load: async () => (await import('../commands/check.ts')).check,
  },
  rotate: {
    summary: 'give files a new data key, by the rule that covers them now',
    load: async () => (await import('../commands/rotate.ts')).rotate,
  },
  keygen: {
    summary: 'make an age key pair in the place where sops looks for it',
    load: async () => (await import('../commands/keygen.ts')).keygen,
  },
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
  hook: {
    summary: 'judge what is staged (hook pre-commit)',
    plumbing: true,
    load: async () => (await import('../commands/hook.ts')).hook,
  },
};
