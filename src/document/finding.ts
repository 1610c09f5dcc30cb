/** How bad a finding is: an `error` makes `check` exit 1 and the hook refuse, a `warning` is only told. */
export type Severity = 'error' | 'warning';

/** What may be wrong. The ids are stable: reports, baselines and docs/findings.md name them. */
export type FindingKind = keyof typeof findingKinds;

interface KindOfFinding {
  readonly severity: Severity;
  /** A secret stands in the clear in what was judged: mending the file does not take it back. */
  readonly leak?: true;
  /** What a fingerprint is bound to, so that who accepts one finding accepts no later one: this very content, or the place and its detail. */
  readonly bound: 'content' | 'place';
  /** One line, for people who meet it the first time. */
  readonly title: string;
  /** Why it matters and what to do, two or three sentences. */
  readonly help: string;
  /** The command that mends it, with FILE, and COMMIT for the last good one. A finding says which. */
  readonly mend: string;
}

export const findingKinds = {
  'plaintext-file': {
    severity: 'error',
    leak: true,
    bound: 'content',
    title: 'A covered file is in Git as plaintext',
    help: 'A creation rule of .sops.yaml covers this path, but the blob holds no sops metadata. Stage it through the filter. If the commit was ever pushed, change the secrets themselves: rewriting history alone is not enough.',
    mend: 'git add --renormalize -- FILE',
  },
  'plaintext-value': {
    severity: 'error',
    leak: true,
    bound: 'content',
    title: 'A value that must be encrypted is in the clear',
    help: 'The file has sops metadata, but this value or comment is not a ciphertext. Somebody edited the encrypted file by hand or by a merge.',
    mend: 'git checkout COMMIT -- FILE',
  },
  'plaintext-without-rule': {
    severity: 'error',
    leak: true,
    bound: 'content',
    title: 'A file with the filter attribute is plaintext, and no rule covers it',
    help: 'filter=sops says that this path holds secrets, but no creation rule matches it, so that nobody could encrypt it: git add would refuse it as it is. It got past the filter, or the rule was taken away. Add a rule and stage it again, or take the path out of .gitattributes where it holds no secret.',
    mend: 'git sops init',
  },
  'half-encrypted': {
    severity: 'error',
    leak: true,
    bound: 'content',
    title: 'The file holds ciphertexts without the metadata that opens them',
    help: 'Its sops metadata was taken out, so nobody can decrypt what is encrypted in it, and what was added since is in the clear. Go back to the last good version.',
    mend: 'git checkout COMMIT -- FILE',
  },
  'no-longer-encrypted': {
    severity: 'error',
    leak: true,
    bound: 'content',
    title: 'A secret was moved or copied out of its rule, or the rule away from it, and is in the clear',
    help: 'This content was encrypted in the commit before, or is encrypted in another file, and is plaintext at a path that no creation rule covers. Widen the rule to the path and stage the file again, or put the file back where it was; a copy that is not meant goes into .gitignore.',
    mend: 'git add --renormalize -- FILE',
  },
  'foreign-ciphertext': {
    severity: 'error',
    bound: 'content',
    title: 'A covered file is encrypted by another tool',
    help: 'git-crypt, transcrypt or Ansible Vault encrypted the file, not SOPS: the recipients of the rule cannot read it, and whoever has the key of that tool can. In history it stays so; change the secrets where that key is known to others.',
    mend: 'git sops migrate',
  },
  'weaker-than-rule': {
    severity: 'error',
    leak: true,
    bound: 'content',
    title: 'The file protects less than its rule asks for',
    help: "The selector in the file's own metadata leaves a value in the clear that the creation rule wants encrypted.",
    mend: 'git sops rotate FILE',
  },
  'broken-mac': {
    severity: 'error',
    bound: 'content',
    title: 'The MAC does not match the values',
    help: 'A value was added, removed, moved or changed without sops, or git add -p staged some of the ciphertexts. No reader will decrypt the file. Stage it again from a good working file, or go back to the last good version.',
    mend: 'git add -- FILE',
  },
  'broken-tag': {
    severity: 'error',
    bound: 'content',
    title: 'A ciphertext fails its authentication tag',
    help: 'The ciphertext was changed, or copied from another key or file. No reader will decrypt the file.',
    mend: 'git checkout COMMIT -- FILE',
  },
  'unresolved-conflict': {
    severity: 'error',
    bound: 'content',
    title: 'The file holds conflict markers',
    help: 'A merge left its markers in the file. Resolve the conflict and stage the file again.',
    mend: 'git add -- FILE',
  },
  'unreadable-file': {
    severity: 'error',
    bound: 'content',
    title: 'A covered file does not parse',
    help: 'The file is not what its name says, Git stores it as a symlink, or its sops metadata is damaged, so nobody can tell whether its secrets are encrypted.',
    mend: 'git checkout COMMIT -- FILE',
  },
  'missing-attribute': {
    severity: 'error',
    bound: 'place',
    title: 'A covered path lacks the filter attribute',
    help: 'Without filter=sops in .gitattributes, git add stores the plaintext of this path. git sops init adds the line.',
    mend: 'git sops init',
  },
  'unknown-recipient': {
    severity: 'error',
    bound: 'place',
    title: 'Somebody whom no rule names can decrypt the file',
    help: 'The file is encrypted for a recipient that stands in no creation rule, now or earlier. Find out who added it and why; rotating the file takes it out, and what it could read until now must be changed.',
    mend: 'git sops rotate FILE',
  },
  'revoked-recipient': {
    severity: 'error',
    bound: 'place',
    title: 'A recipient that the rules dropped can still decrypt the file',
    help: 'The rules named this recipient once and do so no more, but the file is still encrypted for it. Rotating gives the file a new data key without it; what it could read until now must be changed as well.',
    mend: 'git sops rotate FILE',
  },
  'recipient-drift': {
    severity: 'warning',
    bound: 'place',
    title: 'The recipients differ from the rule',
    help: 'Who can decrypt the file and who should, by .sops.yaml, are not the same. Rotating the file gives it the recipients of its rule.',
    mend: 'git sops rotate FILE',
  },
  'selector-drift': {
    severity: 'warning',
    bound: 'place',
    title: 'The selector differs from the rule',
    help: "Which values are encrypted is decided by the file's own metadata, and it says something else than the rule. Nothing that the rule wants encrypted is in the clear today; rotating the file gives it the selector of its rule.",
    mend: 'git sops rotate FILE',
  },
  'stray-ciphertext': {
    severity: 'warning',
    bound: 'place',
    title: 'A ciphertext stands where nothing is encrypted',
    help: "The file's selector leaves this place alone, so every reader takes the ciphertext for the value itself. A selector was narrowed by hand, or a ciphertext was copied here.",
    mend: 'git checkout COMMIT -- FILE',
  },
  'no-rule': {
    severity: 'warning',
    bound: 'place',
    title: 'An encrypted file is covered by no rule',
    help: 'The file carries sops metadata, but no creation rule matches its path: nothing says who shall read it, and the next new file beside it would stay plaintext.',
    mend: 'git sops init',
  },
  'unstaged-protection': {
    severity: 'error',
    bound: 'place',
    title: 'What protects the file is not in Git with it',
    help: 'The file is encrypted here, but the .sops.yaml or the .gitattributes that sees to it is not staged. Every other clone would know of no rule and no filter, and its next git add of this file would store plaintext.',
    mend: 'git add .sops.yaml .gitattributes',
  },
  'empty-rule': {
    severity: 'warning',
    bound: 'place',
    title: 'A rule encrypts nothing',
    help: 'Files are covered by this rule, but its selector picks no value of any of them. Most often its regular expression has a spelling mistake.',
    mend: 'git sops check',
  },
  'private-key': {
    severity: 'error',
    leak: true,
    bound: 'content',
    title: 'A private key is in Git',
    help: 'A private key without a passphrase (age, SSH, PGP or PEM) stands in the clear, or in base64, which hides nothing. Whoever reads the repository has it: make a new key, replace the old one wherever it is used, and rotate what it opens.',
    mend: 'git rm --cached -- FILE',
  },
  'exposed-identity': {
    severity: 'warning',
    bound: 'place',
    title: 'The key file can be read by other users of this machine',
    help: 'An identity opens every file that is encrypted for it. Its file should be readable by its owner alone.',
    mend: 'chmod 600 FILE',
  },
  'weak-identity': {
    severity: 'warning',
    bound: 'place',
    title: 'The identity is not random',
    help: 'The secret part of this age identity repeats a few bytes, as one from a tutorial or made by hand does. Others can guess it: make a new one and rotate what it opens.',
    mend: 'git sops keygen',
  },
  'weakened-rule': {
    severity: 'error',
    bound: 'place',
    title: 'This change protects less than before',
    help: 'A creation rule was removed or narrowed, its selector picks fewer values, or its threshold went down: what was encrypted before this change is not, or less, after it.',
    mend: 'git log -p -- .sops.yaml',
  },
  'weakened-attribute': {
    severity: 'error',
    bound: 'place',
    title: 'This change takes the filter away from a covered path',
    help: 'Without filter=sops, git add stores the plaintext of the path. A later .gitattributes line, also one in a folder, overrides an earlier one.',
    mend: 'git sops init',
  },
  'added-recipient': {
    severity: 'error',
    bound: 'place',
    title: 'This change lets somebody new decrypt',
    help: 'A recipient was added to a rule or to a file that was there before. Whoever accepts the change should know whose key it is.',
    mend: 'git log -p -- .sops.yaml',
  },
  'weakened-allow-list': {
    severity: 'error',
    bound: 'place',
    title: 'This change accepts findings that were refused before',
    help: 'An entry was added to the allow-list in .git-sops.yaml, or one was widened or lives longer. In a range the list of the merge base counts, so that a change cannot accept itself.',
    mend: 'git log -p -- .git-sops.yaml',
  },
  'plaintext-left': {
    severity: 'error',
    bound: 'place',
    title: 'Plaintext is left in a locked working tree',
    help: 'This working tree was locked, so that no plaintext is at rest in it, but this file is plaintext. Lock it again; git add it first where it holds a change that you want.',
    mend: 'git sops lock -- FILE',
  },
} as const satisfies Record<string, KindOfFinding>;

/** The commit that brought a finding in, where commits were judged. */
export interface FoundIn {
  readonly commit: string;
  /** When it was written, RFC 3339. */
  readonly authorDate: string;
}

/** One thing wrong with one path. It never holds a value. */
export interface Finding {
  readonly kind: FindingKind;
  /** Inside the repository; of an identity, where the key is. */
  readonly path: string;
  /** From 1, in the blob or file that was judged; absent where the whole file is meant. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly keyPath?: string | undefined;
  /** What exactly, as a clause; never a value. */
  readonly detail?: string | undefined;
  /** The blob that was judged, where it was one. */
  readonly oid?: string | undefined;
  /** The first commit that has it. */
  readonly foundIn?: FoundIn | undefined;
  /** What names it, such as a tag, where no commit has it. */
  readonly ref?: string | undefined;
  /** The command that mends it. */
  readonly mend: string;
}

export function severityOf(kind: FindingKind): Severity {
  return findingKinds[kind].severity;
}

export function isLeak(kind: FindingKind): boolean {
  const entry: KindOfFinding = findingKinds[kind];
  return entry.leak === true;
}
