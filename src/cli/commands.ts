import { type Entry, plumbingCommands } from './plumbing-commands.ts';
import { sopsCommands } from './sops-commands.ts';

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
  add: {
    summary: 'stage hunks of covered files, in plaintext (add -p)',
    load: async () => (await import('../commands/patch.ts')).add,
  },
  reset: {
    summary: 'unstage hunks of covered files (reset -p)',
    load: async () => (await import('../commands/patch.ts')).reset,
  },
  restore: {
    summary: 'take hunks of covered working files back (restore -p)',
    load: async () => (await import('../commands/patch.ts')).restore,
  },
  check: {
    summary: 'find plaintext and broken files in the index, the working tree, a revision or a range',
    load: async () => (await import('../commands/check.ts')).check,
  },
  diff: {
    summary: 'what changed in secrets, by key: takes what git diff takes',
    load: async () => (await import('../commands/diff.ts')).diff,
  },
  log: {
    summary: 'when each encrypted value last changed, by whom, in which commit',
    load: async () => (await import('../commands/log.ts')).log,
  },
  blame: {
    summary: 'git blame on plaintext, with what is not committed yet',
    load: async () => (await import('../commands/blame.ts')).blame,
  },
  mergetool: {
    summary: 'merge a file again, by values, that a merge by lines left with markers among its ciphertexts',
    load: async () => (await import('../commands/mergetool.ts')).mergetool,
  },
  archive: {
    summary: 'git archive with covered files as ciphertext',
    load: async () => (await import('../commands/stored.ts')).archive,
  },
  apply: {
    summary: 'git apply of a patch in plaintext, to working files',
    load: async () => (await import('../commands/stored.ts')).apply,
  },
  recipients: {
    summary: 'who can read what; let somebody in, or out (recipients list, add, remove)',
    load: async () => (await import('../commands/recipients.ts')).recipients,
  },
  join: {
    summary: 'ask to read the secrets of this repository',
    load: async () => (await import('../commands/join.ts')).join,
  },
  keygen: {
    summary: 'make an age key pair in the place where sops looks for it',
    load: async () => (await import('../commands/keygen.ts')).keygen,
  },
  migrate: {
    summary: 'take over from git-crypt, transcrypt, git-secret or a hand-made sops filter',
    load: async () => (await import('../commands/migrate.ts')).migrate,
  },
  flux: {
    summary: 'the Secret and the decryption that Flux needs, and whether the cluster opens what it reads',
    load: async () => (await import('../commands/flux.ts')).flux,
  },
  ...sopsCommands,
  ...plumbingCommands,
  hook: {
    summary: 'judge a commit or a push (hook pre-commit, hook pre-receive)',
    plumbing: true,
    load: async () => (await import('../commands/set-up/any-hook.ts')).anyHook,
  },
};
