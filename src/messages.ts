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

  // the command line
  'wrong-use': { say: (f) => `${f.detail}`, mend: (f) => f.other ?? null, exit: 2 },
  'rules-exist': { say: () => 'exists already; init leaves it alone', mend: () => 'edit it, then git sops init' },
  'no-rules-yet': {
    say: () => 'there is no .sops.yaml here, and init needs to know who decrypts what',
    mend: (f) => `git sops init --recipient ${f.detail} --path 'secrets/**'   (or --keygen for a new key of yours)`,
    exit: 2,
  },
  'nothing-covered': {
    say: (f) => `no tracked file is covered${f.detail ? ` at ${f.detail}` : ''}`,
    mend: () => 'git sops status',
    exit: 2,
  },
  'not-a-sops-file': {
    say: () => 'is not encrypted in the index',
    mend: (f) => `git add --renormalize -- ${f.file ?? 'FILE'}`,
  },
  'no-repository': { say: () => 'this is no Git working tree', mend: () => 'git init' },
  'outside-repository': { say: () => 'is outside the repository', exit: 2 },
  'unstaged-changes': {
    say: (f) => `has changes that are not staged${f.detail ?? ''}; they would be lost`,
    mend: (f) => `git add -- ${f.other ?? 'FILE'}, or git checkout -- ${f.other ?? 'FILE'}`,
  },
  'no-key-place': {
    say: () => 'there is no home directory to keep a key in',
    mend: () => 'git sops keygen --output FILE',
  },

  // metadata: what sops could not use either
  'missing-version': { say: () => 'has sops metadata without a version', exit: 202 },
  'missing-mac': { say: () => 'has sops metadata without a MAC', exit: 51 },
  'future-version': {
    say: (f) => `was written by sops ${f.detail}, whose format may mean something else`,
    mend: () => 'upgrade git-sops',
  },
  'bad-lastmodified': { say: () => 'has sops metadata whose lastmodified is no RFC 3339 time', exit: 2 },
  'no-keys': { say: () => 'has sops metadata without a single key', exit: 2 },
  'two-selectors': { say: (f) => `has more than one selector: ${f.detail}`, mend: () => 'keep one of them', exit: 2 },

  // .sops.yaml
  'invalid-rules': { say: (f) => `is not a configuration that sops reads: ${f.detail}`, exit: 2 },
  'bad-regex': { say: (f) => `has a regular expression that RE2 does not take (${f.detail}): ${f.other}`, exit: 2 },

  // INI: what sops would read, write or leave otherwise than it is meant
  'comment-beside-secret': {
    say: (f) =>
      `has a # or ; behind the value${at(f)}: sops ends the value there, and the selector leaves the rest in the clear`,
    mend: () => 'put the whole value in `backticks`, or the comment on a line of its own',
    exit: 2,
  },
  'comment-crashes-sops': {
    say: () => 'has an unencrypted comment whose first line is empty, at which sops crashes',
    mend: () => 'write something into the first line of the comment, or take the line out',
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
  'broken-tag': {
    say: (f) =>
      `has a ciphertext${at(f)} that fails its authentication: it was changed, or comes from another file or key`,
    mend: (f) => `git log -- ${f.file ?? 'FILE'} to find the last good version, git checkout it, and edit that`,
    exit: 25,
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

  // ciphertexts and Shamir shares (25: decrypting the tree, 23: encrypting it, 128: no data key)
  'broken-token': {
    say: (f) => `holds a ciphertext${at(f)} that is cut off or was changed`,
    mend: (f) => `git log -- ${f.file ?? 'FILE'} to find the last good version, and git checkout it`,
    exit: 25,
  },
  'unknown-value-type': { say: (f) => `holds a ciphertext${at(f)} of a type that sops does not read`, exit: 25 },
  'broken-value': { say: (f) => `holds a ciphertext${at(f)} that does not decrypt to a ${f.detail}`, exit: 25 },
  'invalid-shamir-threshold': {
    say: (f) =>
      `asks for ${f.detail} of ${f.other} key groups; sops needs at least 2, and at most as many as there are`,
    mend: () => 'set shamir_threshold to a number between 2 and the count of key groups',
    exit: 23,
  },
  'broken-shamir-shares': { say: () => 'has key groups whose parts do not belong together', exit: 128 },

  // recipients and key groups (111: no encryption key)
  'invalid-recipient': {
    say: (f) => `names an age recipient that is not one: ${f.detail}`,
    mend: () => 'copy the recipient again; age-keygen -y KEYFILE prints it',
    exit: 111,
  },
  'unsupported-recipient': {
    say: (f) => `asks for a recipient of type ${f.detail}, for which git-sops cannot encrypt yet`,
    mend: () => 'encrypt the file with sops once; git-sops keeps its recipients then',
    exit: 111,
  },
  'no-recipients': {
    say: () => 'has a key group without a recipient',
    mend: () => 'git sops recipients add RECIPIENT',
    exit: 111,
  },

  // identities and where they come from: problems that are told, and the rest goes on. `detail` is the source.
  'key-source-unreadable': { say: (f) => `${f.detail} cannot be read (${f.other})`, exit: 128 },
  'key-source-too-slow': { say: (f) => `${f.detail} gave no key within ${f.other} seconds`, exit: 128 },
  'key-command-failed': { say: (f) => `the command in ${f.detail} failed (${f.other})`, exit: 128 },
  'key-file-exposed': {
    say: (f) => `${f.detail} can be read by other users of this machine`,
    mend: (f) => `chmod 600 ${f.other}`,
  },
  'unusable-identity': {
    say: (f) => `line ${f.line} of ${f.detail} is ${f.other}, which git-sops cannot use yet`,
    exit: 128,
  },
  'broken-identity': { say: (f) => `line ${f.line} of ${f.detail} is not an age identity (${f.other})`, exit: 128 },
  'broken-wrapped-key': { say: (f) => `the data key for ${f.detail} does not open (${f.other})`, exit: 128 },
  // git: what Git refuses or a repository's files do
  'git-missing': { say: (f) => `Git could not be started (${f.detail})`, mend: () => 'git --version' },
  'git-failed': { say: (f) => `"${f.detail}" failed: ${f.other}` },
  'git-too-old': {
    say: (f) => `Git ${f.detail} is too old; git-sops needs Git ${f.other} or newer`,
    mend: () => 'git --version',
  },
  'git-not-a-repository': { say: () => 'is not inside a Git repository', mend: () => 'git init' },
  'git-no-work-tree': { say: () => 'is a bare repository; this needs a working tree' },
  'git-protocol': { say: (f) => `the conversation with Git broke: ${f.detail}` },
  'git-no-revision': { say: (f) => `${f.detail} names no commit here`, mend: () => 'git log --oneline --all', exit: 2 },
  'file-outside-work-tree': { say: () => 'is outside of the working tree, or reached by a link that leads out of it' },
  'file-not-regular': { say: () => 'is not a regular file (a link, a folder or a device)' },
  'git-hook-in-the-way': {
    say: (f) => `${f.detail} is another program's hook, and ${f.other} already keeps an older one`,
    mend: () => 'move one of both away, then: git sops init',
  },
  'attribute-line-too-long': {
    say: (f) => `needs a .gitattributes line that Git would ignore (${f.detail} bytes, the limit is 2047)`,
  },
  'git-blob-too-large': { say: (f) => `is too large: ${f.detail} bytes, the limit is ${f.other}` },
} satisfies Record<string, Sentence>;
