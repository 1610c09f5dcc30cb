/**
 * All refusals that users read, in one place. `say` is one sentence without the file name (the edge puts
 * `file:line:column` in front), `mend` is the command to type. No fact may hold a secret's value.
 * Exit codes are sops's (its cmd/sops/codes/codes.go) where sops has one for the case.
 */

/** What an error knows. Lines and columns count from 1; `keyPath` is shown by `showKeyPath`. */
export interface Facts {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly keyPath?: string | undefined;
  /** A name, a count or a reason that the sentence needs; never a secret. */
  readonly detail?: string | undefined;
  /** A second one, where a sentence needs two. */
  readonly other?: string | undefined;
}

export interface Sentence {
  say(facts: Facts): string;
  mend?(facts: Facts): string | null;
  exit?: number;
}

const at = (facts: Facts) => (facts.keyPath === undefined ? '' : ` at ${facts.keyPath}`);

export const sentences = {
  // formats: what sops refuses, we refuse (exit 2: cannot read or parse)
  'not-utf8': { say: () => 'is not valid UTF-8', exit: 2 },
  'invalid-yaml': { say: (f) => `is not YAML that sops reads: ${f.detail}`, exit: 2 },
  'invalid-json': { say: (f) => `is not JSON that sops reads: ${f.detail}`, exit: 2 },
  'invalid-dotenv': { say: (f) => `is not a dotenv file that sops reads: ${f.detail}`, exit: 2 },
  'invalid-ini': { say: (f) => `is not an INI file that sops reads: ${f.detail}`, exit: 2 },
  'invalid-binary': { say: (f) => `is not a sops binary envelope: ${f.detail}`, exit: 2 },
  'duplicate-key': { say: (f) => `has the key ${f.keyPath} twice`, exit: 2 },
  'top-level-not-mapping': {
    say: (f) => `has a ${f.detail ?? 'value'} at its top level; sops needs a mapping there`,
    exit: 2,
  },
  'sops-key-in-plaintext': {
    say: () => 'has a top-level entry "sops" (or "sops_…"), which is reserved for sops metadata',
    mend: () => 'rename the entry; if the file is half-edited ciphertext: git checkout -- FILE',
    exit: 203,
  },
  'empty-file': { say: () => 'holds no document', exit: 92 },
  'unsupported-spelling': {
    say: (f) => `has ${f.detail}${at(f)}, which cannot be encrypted and restored byte for byte`,
    exit: 2,
  },
  'conflict-markers': {
    say: () => 'has unresolved conflict markers',
    mend: () => 'resolve the conflict, then git add it',
    exit: 2,
  },

  // judging a file: sops's codes for a broken MAC (51), a value that does not decrypt (25), no key (128)
  'not-encrypted': {
    say: (f) => `has sops metadata, but the value${at(f)} is not encrypted`,
    mend: (f) => `git checkout HEAD -- ${f.file ?? 'FILE'} and make the change again, in plaintext`,
    exit: 25,
  },
  'broken-mac': {
    say: () => 'does not match its MAC: a value was added, removed, moved or changed outside sops',
    mend: (f) => `git log -- ${f.file ?? 'FILE'} to find the last good version, git checkout it, and edit that`,
    exit: 51,
  },
  'weaker-than-rule': {
    say: (f) => `would leave the value${at(f)} in the clear by its own metadata, but .sops.yaml asks for encryption`,
    mend: (f) => `git sops rotate ${f.file ?? 'FILE'}`,
  },
  'not-restorable': {
    say: (f) => `cannot be encrypted and restored byte for byte${at(f)}`,
    mend: () => 'write the line in a plainer spelling, and please report it',
  },
  'no-rule': {
    say: () => 'has the attribute filter=sops, but no creation rule of a .sops.yaml covers it',
    mend: () => 'add a rule to .sops.yaml, or take the path out of .gitattributes',
  },
  'no-identity': {
    say: (f) =>
      `is encrypted, and no identity here opens it (recipients: ${f.detail})${f.other === undefined ? '' : `; ${f.other}`}`,
    mend: () => 'git sops doctor',
    exit: 128,
  },
} satisfies Record<string, Sentence>;
