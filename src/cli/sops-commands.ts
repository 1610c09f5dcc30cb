import type { Entry } from './plumbing-commands.ts';

/** sops's own commands, with its flags and exit codes. */
export const sopsCommands: Readonly<Record<string, Entry>> = {
  encrypt: {
    summary: 'encrypt a file as sops does',
    load: async () => (await import('../commands/sops/encrypt.ts')).encrypt,
  },
  decrypt: {
    summary: 'decrypt a file as sops does, or show one value of it',
    load: async () => (await import('../commands/sops/decrypt.ts')).decrypt,
  },
  edit: {
    summary: 'edit a file in plaintext, in your editor',
    load: async () => (await import('../commands/sops/edit.ts')).edit,
  },
  set: {
    summary: 'set one value of a file',
    load: async () => (await import('../commands/sops/set.ts')).set,
  },
  unset: {
    summary: 'take one value out of a file',
    load: async () => (await import('../commands/sops/set.ts')).unset,
  },
  rotate: {
    summary: 'give files a new data key',
    load: async () => (await import('../commands/sops/rotate.ts')).rotate,
  },
  updatekeys: {
    summary: 'give files the recipients that their rule has now',
    load: async () => (await import('../commands/sops/updatekeys.ts')).updatekeys,
  },
  groups: {
    summary: 'add or take away a key group of a file (groups add, groups delete)',
    load: async () => (await import('../commands/sops/groups.ts')).groups,
  },
  'exec-env': {
    summary: 'run a command with the values of a file in its environment',
    load: async () => (await import('../commands/sops/exec-env.ts')).execEnv,
  },
  'exec-file': {
    summary: 'run a command with the plaintext of a file behind a name',
    load: async () => (await import('../commands/sops/exec-file.ts')).execFile,
  },
  filestatus: {
    summary: 'whether a file is encrypted, as JSON',
    load: async () => (await import('../commands/sops/filestatus.ts')).filestatus,
  },
};
