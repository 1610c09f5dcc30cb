import { foreignTool } from '../../document/foreign-ciphertext.ts';
import { mayBeEncrypted } from '../../document/sops-file.ts';
import type { GitPath } from '../../git/path.ts';

export const oldTools = ['git-crypt', 'transcrypt', 'git-secret', 'sops-filter'] as const;
export type OldTool = (typeof oldTools)[number];

/** What another tool has encrypted here, and how. */
export interface OldSetup {
  readonly tool: OldTool;
  /** The values of the attribute `filter` that are the tool's; none for git-secret. */
  readonly filters: readonly string[];
  readonly files: readonly OldFile[];
  /** What the tool encrypts and sops never does, such as `.sops.yaml` under `*.yaml`: it is stored as it is. */
  readonly opened: readonly GitPath[];
  /** What else is the tool's own in the index, and goes with it. */
  readonly leftovers: readonly GitPath[];
  /** Whom the tool lets in by PGP, by fingerprint: each needs a recipient of their own. */
  readonly users: readonly string[];
  /** What whoever goes back must set again, as commands. */
  readonly settings: readonly string[];
}

export interface OldFile {
  /** Where the plaintext is in the working tree, and will be in Git. */
  readonly path: GitPath;
  /** Where the tool keeps the ciphertext in Git: mostly the same. */
  readonly stored: GitPath;
  /** Six octal digits. */
  readonly mode: string;
  /** What git-secret noted of the plaintext when it was hidden: SHA-256 in hexadecimal. */
  readonly digest: string | null;
}

/** How each tool calls itself in sentences. */
export const toolNames: Readonly<Record<OldTool, string>> = {
  'git-crypt': 'git-crypt',
  transcrypt: 'transcrypt',
  'git-secret': 'git-secret',
  'sops-filter': 'a hand-made filter of sops',
};

/** What undoes the tool's own lock. */
export const unlockCommands: Readonly<Record<OldTool, string>> = {
  'git-crypt': 'git-crypt unlock',
  transcrypt: 'transcrypt',
  'git-secret': 'git secret reveal',
  'sops-filter': 'git checkout -- .   with the filter set up',
};

/** Whether bytes are what the tool stores. */
export function isOldCiphertext(tool: OldTool, bytes: Uint8Array): boolean {
  switch (tool) {
    case 'git-crypt':
    case 'transcrypt':
      return foreignTool(bytes) === tool;
    case 'git-secret':
      // An OpenPGP packet, or one in armor.
      return (
        (bytes[0] ?? 0) >= 0x80 || Buffer.from(bytes.subarray(0, 30)).toString().startsWith('-----BEGIN PGP MESSAGE')
      );
    case 'sops-filter':
      return mayBeEncrypted(bytes);
  }
}
