/** How bad a finding is: an `error` makes `check` exit 1 and the hook refuse, a `warning` is only told. */
export type Severity = 'error' | 'warning';

/** What may be wrong with a covered path. The ids are stable: reports, baselines and the docs name them. */
export type FindingKind = keyof typeof findingKinds;

interface KindOfFinding {
  readonly severity: Severity;
  /** One line, for people who meet it the first time. */
  readonly title: string;
  /** Why it matters and what to do, two or three sentences. */
  readonly help: string;
}

export const findingKinds = {
  'plaintext-file': {
    severity: 'error',
    title: 'A covered file is in Git as plaintext',
    help: 'A creation rule of .sops.yaml covers this path, but the blob holds no sops metadata. Stage it through the filter. If the commit was ever pushed, change the secrets themselves: rewriting history alone is not enough.',
  },
  'plaintext-value': {
    severity: 'error',
    title: 'A value that must be encrypted is in the clear',
    help: 'The file has sops metadata, but this value or comment is not a ciphertext. Somebody edited the encrypted file by hand or by a merge.',
  },
  'weaker-than-rule': {
    severity: 'error',
    title: 'The file protects less than its rule asks for',
    help: "The selector in the file's own metadata leaves a value in the clear that the creation rule wants encrypted.",
  },
  'broken-mac': {
    severity: 'error',
    title: 'The MAC does not match the values',
    help: 'A value was added, removed, moved or changed without sops. No reader will decrypt the file. Go back to the last good version and make the change again.',
  },
  'broken-tag': {
    severity: 'error',
    title: 'A ciphertext fails its authentication tag',
    help: 'The ciphertext was changed, or copied from another key or file. No reader will decrypt the file.',
  },
  'unresolved-conflict': {
    severity: 'error',
    title: 'The file holds conflict markers',
    help: 'A merge left its markers in the file. Resolve the conflict and stage the file again.',
  },
  'missing-attribute': {
    severity: 'error',
    title: 'A covered path lacks the filter attribute',
    help: 'Without filter=sops in .gitattributes, git add stores the plaintext of this path. git sops init adds the line.',
  },
  'unreadable-file': {
    severity: 'error',
    title: 'A covered file does not parse',
    help: 'The file is not what its name says, or its sops metadata is damaged, so nobody can tell whether its secrets are encrypted.',
  },
  'recipient-drift': {
    severity: 'warning',
    title: 'The recipients differ from the rule',
    help: 'Who can decrypt the file and who should, by .sops.yaml, are not the same. Rotating the file gives it the recipients of its rule.',
  },
} as const satisfies Record<string, KindOfFinding>;

/** One thing wrong with one path. It never holds a value. */
export interface Finding {
  readonly kind: FindingKind;
  /** Inside the repository. */
  readonly path: string;
  /** From 1, in the blob or file that was judged; absent where the whole file is meant. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly keyPath?: string | undefined;
  /** What exactly, as a clause; never a value. */
  readonly detail?: string | undefined;
  /** The command that mends it. */
  readonly mend: string;
}

export function severityOf(kind: FindingKind): Severity {
  return findingKinds[kind].severity;
}
