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
} satisfies Record<string, Sentence>;
