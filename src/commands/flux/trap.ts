import type { Severity } from '../../document/finding.ts';
import type { GitPath } from '../../git/path.ts';

/** What Flux cannot read, or reads otherwise than it is meant. The ids are stable: reports and docs/flux.md name them. */
export type TrapKind = keyof typeof traps;

interface KindOfTrap {
  readonly severity: Severity;
  /** One line, for people who meet it the first time. */
  readonly title: string;
}

/** Held against kustomize-controller's own decryptor by test/flux. */
export const traps = {
  'no-decryption': {
    severity: 'error',
    title: 'The Kustomization has no decryption, so the ciphertext is applied as it is',
  },
  'no-key-secret': {
    severity: 'warning',
    title: 'The decryption names no Secret: only a key of the controller as a whole opens these files',
  },
  'cluster-cannot-read': { severity: 'error', title: 'The cluster has no key for this file' },
  'rule-without-cluster': {
    severity: 'error',
    title: 'The rule does not name the cluster, so what it covers is or will be closed to it',
  },
  'unreadable-file': { severity: 'error', title: 'The encrypted file does not parse' },
  'document-without-metadata': {
    severity: 'error',
    title: 'A document holds ciphertexts without metadata of its own: it is applied as it is',
  },
  'empty-document': {
    severity: 'error',
    title: 'A document holds metadata and nothing else: Flux cannot load the file',
  },
  list: { severity: 'error', title: 'A List is taken apart before it is decrypted: its items stay encrypted' },
  'merge-key': {
    severity: 'error',
    title: 'A merge key (<<) brings encrypted values to another place, where they do not decrypt',
  },
  alias: { severity: 'error', title: 'An alias brings a ciphertext to another place, where it does not decrypt' },
  'encrypted-identity': {
    severity: 'warning',
    title: 'apiVersion, kind or metadata is encrypted: kustomize sorts, patches and names what it cannot read',
  },
  'decryption-disabled': {
    severity: 'error',
    title: 'An annotation switches decryption off for a resource that is encrypted',
  },
  'never-decrypted': { severity: 'error', title: 'Flux does not decrypt what is read in this way' },
  'encrypted-kustomization': {
    severity: 'error',
    title: 'A kustomization.yaml is encrypted itself: kustomize reads it before anything is decrypted',
  },
  'source-format': {
    severity: 'error',
    title: 'Flux reads the source in another format than it was encrypted in',
  },
  'mac-spelling': {
    severity: 'error',
    title: 'Flux does not know the file for an encrypted one: the MAC is not spelled as sops spells it',
  },
  'carriage-return': {
    severity: 'error',
    title: 'A sops_ line ends in a carriage return, which Flux takes for its value',
  },
  'too-large': { severity: 'error', title: 'The source is larger than the 5 MiB that Flux takes' },
} as const satisfies Record<string, KindOfTrap>;

/** One of them at one place. It never holds a value. */
export interface Trap {
  readonly kind: TrapKind;
  readonly path: GitPath;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number | undefined;
  readonly keyPath?: string | undefined;
  /** What exactly, as a clause. */
  readonly detail?: string | undefined;
  readonly mend: string;
}
