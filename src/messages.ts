/**
 * All refusals that users read, in one place. `say` is one sentence without the file name (the edge puts
 * `file:line:column` in front), `mend` is the command to type. No fact may hold a secret's value.
 * Exit codes are sops's (its cmd/sops/codes/codes.go) where sops has one for the case.
 */

import { shellPath, shellQuote } from './quote.ts';

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
  /** What the sentence lists, one a line. */
  readonly list?: readonly string[] | undefined;
  /** The exit code, where a command of sops's has another one for it than the table. */
  readonly exit?: number | undefined;
  /** What mends it, where that is not the same for all of its kind. */
  readonly mend?: string | undefined;
}

export interface Sentence {
  say(facts: Facts): string;
  mend?(facts: Facts): string | null;
  exit?: number;
}

/** What is no file: a command that names it would not find one. */
export const standardInput = 'standard input';

const runAgain = () => 'correct it there, then run the command again';
const tryAgain = () => 'correct it there, then try again';
/** A path as one word of a command to paste: a repository chose its name. */
const word = (path: string | undefined) => (path === undefined ? 'FILE' : shellPath(path));
const lastGood = ({ file }: Facts) =>
  `git log -- ${word(file)} to find the last good version, git checkout it, and edit that`;
const at = (facts: Facts) => (facts.keyPath === undefined ? '' : ` at ${facts.keyPath}`);

/** Made at the first refusal: most commands refuse nothing, and each start of one would wait for it. */
const make = () =>
  ({
    interrupted: { say: () => 'interrupted: all is as it was' },
    // formats: what sops refuses, we refuse (exit 2: cannot read or parse)
    'not-utf8': {
      say: () => 'is not valid UTF-8',
      mend: () => 'save it as UTF-8, then run the command again',
      exit: 2,
    },
    'invalid-yaml': { say: (f) => `is not YAML that sops reads: ${f.detail}`, mend: runAgain, exit: 2 },
    'invalid-json': { say: (f) => `is not JSON that sops reads: ${f.detail}`, mend: runAgain, exit: 2 },
    'invalid-dotenv': { say: (f) => `is not a dotenv file that sops reads: ${f.detail}`, mend: runAgain, exit: 2 },
    'invalid-ini': { say: (f) => `is not an INI file that sops reads: ${f.detail}`, mend: runAgain, exit: 2 },
    'invalid-binary': { say: (f) => `is not a sops binary envelope: ${f.detail}`, exit: 2 },
    'duplicate-key': { say: (f) => `has the key ${f.keyPath} twice`, mend: runAgain, exit: 2 },
    'top-level-not-mapping': {
      say: (f) => `has a ${f.detail ?? 'value'} at its top level; sops needs a mapping there`,
      mend: () => 'put it below a key, or give the file a name that does not end so: it is encrypted as a whole then',
      exit: 2,
    },
    'sops-key-in-plaintext': {
      say: () => 'has a top-level entry "sops" (or "sops_…"), which is reserved for sops metadata',
      mend: (f) => `rename the entry; if it is ciphertext that was edited: git checkout -- ${word(f.file)}`,
      exit: 203,
    },
    'empty-file': {
      say: () => 'holds no document: there is no value in it, only comments or blanks',
      mend: () => 'write a first key, such as example: value',
      exit: 92,
    },
    'unsupported-spelling': {
      say: (f) => `has ${f.detail}${at(f)}, which cannot be encrypted and restored byte for byte`,
      exit: 2,
    },
    'conflict-markers': {
      say: () => 'has unresolved conflict markers',
      mend: (f) => `resolve the conflict, then git add it (to give it up: git checkout --ours -- ${word(f.file)})`,
      exit: 2,
    },

    'unmergeable-metadata': {
      say: (f) => `has sops metadata on the two sides that cannot be merged: ${f.detail}`,
      mend: () => 'git checkout --ours (or --theirs) FILE, make the other change again, then git sops rotate FILE',
    },

    'no-conflict': {
      say: () => 'is in no conflict',
      mend: (f) =>
        f.other === undefined
          ? 'git status'
          : `git checkout ${f.other} -- ${word(f.file)} if the other side of the merge is wanted as it is`,
      exit: 2,
    },
    'lost-conflict': {
      say: () =>
        'has conflict markers among its ciphertexts, but neither the index, nor the markers, nor the last commits show the two whole versions',
      mend: (f) => `git log --merges -- ${word(f.file)} to find the merge, and git checkout one side of it`,
    },
    'unsaved-resolution': {
      say: () => 'holds work on its conflict that would be lost',
      mend: (f) => `git add -- ${word(f.file)} when it is resolved, or start over: git checkout -m -- ${word(f.file)}`,
    },
    'conflict-behind-lock': {
      say: () => 'has values that both sides changed, and its working file stays ciphertext',
      mend: (f) => `git sops mergetool --ours (or --theirs) ${word(f.file)}, or git sops unlock, then again`,
    },

    // taking over from another tool
    'nothing-to-migrate': {
      say: (f) =>
        `no file here is encrypted by ${f.detail ?? 'git-crypt, transcrypt, git-secret or a hand-made filter of sops'}`,
      mend: () => 'git sops init',
      exit: 2,
    },
    'cannot-migrate': {
      say: (f) => `${f.detail} cannot be encrypted and given back, so nothing was written:${f.other}`,
      mend: (f) =>
        `git sops migrate ${f.mend} leaves them to the tool that encrypts them now; or correct and commit them, then again`,
      exit: 2,
    },
    'still-locked': {
      say: (f) => `is not here in plaintext: ${f.detail} has to show it first`,
      mend: (f) => `${f.other}`,
    },
    'not-as-hidden': {
      say: () => 'is not the plaintext that git-secret has hidden: it was edited since, or never revealed',
      mend: () => 'git secret hide and commit, or git secret reveal -f, then again',
    },
    'uncommitted-changes': {
      say: () => 'has changes that are not committed; what is staged shall be the migration alone',
      mend: () => 'git commit them, or git stash, then again',
    },
    'no-recipients-yet': {
      say: () => 'there is no .sops.yaml here, nobody is named, and you have no key yet',
      mend: () => 'git sops keygen, or git sops migrate --recipient age1…',
      exit: 2,
    },
    'no-rule-for': {
      say: () => 'is covered by no creation rule of the .sops.yaml that is there',
      mend: () => 'add a rule for it to .sops.yaml and commit that, then again',
      exit: 2,
    },
    'files-disagree': {
      say: () =>
        'the files of the filter have different recipients or selectors, so nobody can tell what the rule shall be',
      mend: () => 'write a .sops.yaml and commit it, or git sops migrate --recipient age1…',
      exit: 2,
    },
    'attribute-overridden': {
      say: () => 'would not get filter=sops: your own attributes or .git/info/attributes say otherwise',
      mend: (f) => `git check-attr -a -- ${word(f.file)}, and take the line out`,
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
      mend: (f) => `git add --renormalize -- ${word(f.file)}`,
    },
    'no-repository': { say: () => 'this is no Git working tree', mend: () => 'cd into one, or git init' },
    'empty-operand': {
      say: () => 'an operand is empty, and names nothing',
      mend: () => 'set the variable that it comes from, or leave the operand away',
      exit: 2,
    },
    'no-such-path': {
      say: (f) => `is no ${f.other ?? 'file and no folder'} ${f.detail}`,
      mend: () => 'git ls-files, or git add for what is new',
      exit: 2,
    },
    'no-revision-or-path': {
      say: (f) => `${f.detail} no revision, and no file and no folder ${f.other}`,
      mend: () => 'git branch --all and git ls-files show what there is; git fetch gets what is at the remote',
      exit: 2,
    },
    'ambiguous-operand': {
      say: (f) => `${f.detail} is both a revision and a file or folder here`,
      mend: (f) => f.mend ?? null,
      exit: 2,
    },
    'outside-repository': { say: () => 'is outside the repository', exit: 2 },
    'unstaged-changes': {
      say: (f) => `has changes that are not staged${f.detail ?? ''}; they would be lost`,
      mend: (f) => `git add -- ${word(f.other)}, or git checkout -- ${word(f.other)}`,
    },
    'nothing-encrypted': {
      say: (f) => `the last commit has no encrypted file${f.detail === undefined ? '' : ` at ${f.detail}`}`,
      mend: () => 'git sops status',
      exit: 2,
    },
    'no-such-value': {
      say: (f) => `had no encrypted value at ${f.keyPath} in any commit`,
      mend: (f) => `git sops log ${word(f.file)}`,
      exit: 2,
    },
    'changed-meanwhile': {
      say: () => 'changed while its hunks were chosen, so none of them was taken',
      mend: (f) => `${f.detail} -- ${word(f.file)}`,
    },
    'no-key-place': {
      say: () => 'there is no home directory to keep a key in',
      mend: () => 'git sops keygen --output FILE',
    },

    // metadata: what sops could not use either
    'missing-version': { say: () => 'has sops metadata without a version', mend: lastGood, exit: 202 },
    'missing-mac': { say: () => 'has sops metadata without a MAC', mend: lastGood, exit: 51 },
    'future-version': {
      say: (f) => `was written by sops ${f.detail}, whose format may mean something else`,
      mend: () => 'upgrade git-sops',
    },
    'bad-lastmodified': {
      say: () => 'has sops metadata whose lastmodified is no RFC 3339 time',
      mend: lastGood,
      exit: 2,
    },
    'no-keys': { say: () => 'has sops metadata without a single key', mend: lastGood, exit: 2 },
    'two-selectors': { say: (f) => `has more than one selector: ${f.detail}`, mend: () => 'keep one of them', exit: 2 },

    // .sops.yaml
    'invalid-rules': {
      say: (f) => `is not a configuration that sops reads: ${f.detail}`,
      mend: tryAgain,
      exit: 2,
    },
    'rules-in-conflict': {
      say: () => 'is in conflict, so that nobody can tell what it covers',
      mend: (f) =>
        `resolve it, then git add ${word(f.file)}; or git checkout --ours -- ${word(f.file)}, and git sops recipients add RECIPIENT for each whom only the other side has`,
      exit: 2,
    },
    'invalid-settings': {
      say: (f) => `is not a configuration that git-sops reads: ${f.detail}`,
      mend: tryAgain,
      exit: 2,
    },
    'history-shallow': {
      say: (f) =>
        `this clone is shallow, so that ${f.detail ?? 'most of its history'} is not here and cannot be judged`,
      mend: (f) => `git fetch --unshallow${f.detail === undefined ? ', or git sops check A..B for what is here' : ''}`,
      exit: 2,
    },
    'git-object-missing': {
      say: (f) => `the object ${f.detail} is not here and cannot be fetched, so that nobody can tell what it holds`,
      mend: (f) =>
        `git cat-file -e ${f.detail}, which fetches it in a partial clone; git fsck where the clone is damaged`,
    },
    'invalid-journal': {
      say: () => 'is there already and is no journal of git sops check --history; it is left alone',
      mend: () => 'git sops check --history --resume ANOTHER-FILE',
      exit: 2,
    },
    'push-too-slow': {
      say: (f) => `the push could not be judged within ${f.detail} seconds`,
      mend: () => 'push fewer commits at once; on the server: git config sops.receiveSeconds 600',
    },
    'thread-failed': {
      say: (f) => `a thread that judges history failed: ${f.detail}`,
      mend: () => 'git sops check --history --jobs 1',
    },
    'invalid-baseline': {
      say: (f) => `is not a baseline of git sops check: ${f.detail}`,
      mend: (f) => `git sops check --write-baseline --baseline ${word(f.file)}`,
      exit: 2,
    },
    'bad-regex': {
      say: (f) => `has a regular expression that RE2 does not take (${f.detail}): ${f.other}`,
      mend: () => 'write it as RE2 reads it, without lookarounds and backreferences',
      exit: 2,
    },

    'rules-not-editable': {
      say: () => 'writes its recipients in a way that cannot be changed without changing more',
      mend: () => 'change it by hand, then git sops updatekeys --all (git sops rotate --all where somebody left)',
    },
    'not-a-request': {
      say: () => 'is no request to join: those hold one recipient and comments',
      mend: () => 'git sops join',
      exit: 2,
    },
    'unknown-person': {
      say: (f) =>
        `"${f.detail}" is no recipient here, and no name beside one${f.other ? `; there are ${f.other}` : ''}`,
      mend: () => 'git sops recipients list',
      exit: 2,
    },
    'ambiguous-person': {
      say: (f) => `"${f.detail}" names several recipients: ${f.other}`,
      mend: () => 'name the recipient itself, or all of them',
      exit: 2,
    },
    'no-such-request': {
      say: (f) => `"${f.detail}" is neither a recipient nor a request to join`,
      mend: () => 'git sops recipients list, after git pull; or ask for git sops join',
      exit: 2,
    },
    'several-rules': {
      say: (f) =>
        `there are several rules, and each may be for other people:${(f.list ?? []).map((line) => `\n    ${line}`).join('')}`,
      mend: (f) =>
        `git sops recipients add ${shellQuote(f.other ?? 'RECIPIENT')} --path ONE-OF-ITS-FILES, or --all for every rule`,
      exit: 2,
    },
    'several-groups': {
      say: (f) => `has ${f.detail} key groups, and a recipient belongs in one of them`,
      mend: () => 'name it by --group N; they count from 0',
      exit: 2,
    },
    'not-covered': {
      say: () => 'is covered by no rule',
      mend: () => 'git sops recipients list',
      exit: 2,
    },
    'not-commit-ready': {
      say: (f) => `could not be committed afterwards: ${f.detail}`,
      mend: (f) => f.other ?? 'git sops check',
    },
    'in-conflict': {
      say: () => 'is in conflict',
      mend: (f) => `resolve it, then git add -- ${word(f.file)}`,
    },
    'not-adoptable': {
      say: (f) => `nothing was written: .sops.yaml covers ${f.detail} that cannot be encrypted, and Git could not add`,
      mend: () => 'narrow path_regex in .sops.yaml so that it leaves them out, then git sops init again',
      exit: 2,
    },
    'plaintext-in-conflict': {
      say: () => 'is in conflict and stays plaintext here',
      mend: (f) => `resolve it, git add -- ${word(f.file)}, then git sops lock`,
    },
    'not-staged-yet': {
      say: () => 'is covered, and what lies here is plaintext that Git would store in the clear',
      mend: (f) => `git add -- ${word(f.file)}, or take the file out of the working tree; then again`,
    },
    'request-taken': {
      say: () => 'is somebody else’s request already',
      mend: () => 'git sops join --name ANOTHER',
    },
    'no-team-rules': {
      say: () => 'there is no .sops.yaml with creation rules here to join',
      mend: () => `git sops init --recipient age1… --path 'secrets/**' where the secrets are yours`,
      exit: 2,
    },
    'own-last-key': {
      say: (f) => `${f.detail}: that is you, and you would no longer read ${f.other}`,
      mend: (f) => f.mend ?? null,
    },
    'last-recipient': {
      say: (f) => `would leave a rule or key group without a recipient, if ${f.detail} goes`,
      mend: () => 'name another recipient there first, or take the rule out by hand',
    },

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
      mend: (f) => `git checkout HEAD -- ${word(f.file)} and make the change again, in plaintext`,
      exit: 25,
    },
    'broken-mac': {
      say: () => 'does not match its MAC: a value was added, removed, moved or changed outside sops',
      mend: lastGood,
      exit: 51,
    },
    'broken-tag': {
      say: (f) =>
        `has a ciphertext${at(f)} that fails its authentication: it was changed, or comes from another file or key`,
      mend: lastGood,
      exit: 25,
    },
    'weaker-than-rule': {
      say: (f) => `would leave the value${at(f)} in the clear by its own metadata, but .sops.yaml asks for encryption`,
      mend: (f) => `git sops rotate ${word(f.file)}`,
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
      mend: lastGood,
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
    'malformed-recipient': {
      say: (f) => `names a key of type ${f.detail} that is not one: ${f.other}`,
      mend: () => 'write it as sops reads it; a PGP key is named by 16 to 64 hexadecimal digits',
      exit: 111,
    },
    'versionless-recipient': {
      say: (f) => `names the key ${f.detail} without its version, which only Azure can tell`,
      // Without its address: whoever pastes it would ask the host that a file names.
      mend: () => 'az keyvault key show --query key.kid --id ADDRESS   (and put what it prints into .sops.yaml)',
      exit: 111,
    },
    'unserved-recipient': {
      say: (f) => `asks for the key ${f.detail}, and the data key cannot be wrapped for it: ${f.other}`,
      mend: (f) => f.mend ?? null,
      exit: 111,
    },
    'no-recipients': {
      say: () => 'has a rule or key group without a recipient',
      mend: () =>
        'name one there, such as age: age1… (git sops keygen makes one); git sops encrypt --age names one for a single file',
      exit: 111,
    },

    // identities and where they come from: problems that are told, and the rest goes on. `detail` is the source.
    'key-source-unreadable': { say: (f) => `${f.detail} cannot be read (${f.other})`, exit: 128 },
    'key-source-too-slow': { say: (f) => `${f.detail} gave no key within ${f.other} seconds`, exit: 128 },
    'key-command-failed': { say: (f) => `the command in ${f.detail} failed (${f.other})`, exit: 128 },
    'key-file-exposed': {
      // Told as a warning, without a line for what mends it.
      say: (f) => `${f.detail} can be read by other users of this machine; chmod 600 ${word(f.other)} mends that`,
    },
    'weak-identity': {
      // Told as a warning, without a line for what mends it.
      say: (f) => `line ${f.line} of ${f.detail} is an identity that is not random; git sops keygen makes one that is`,
    },
    'misplaced-key': {
      say: (f) =>
        `line ${f.line} of ${f.detail} is ${f.other}, which has to be a file of its own (an SSH key: SOPS_AGE_SSH_PRIVATE_KEY_FILE)`,
      exit: 128,
    },
    'unusable-ssh-key': { say: (f) => `the SSH key of ${f.detail} cannot be used (${f.other})`, exit: 128 },
    'unusable-key-file': { say: (f) => `the encrypted key file of ${f.detail} cannot be used (${f.other})`, exit: 128 },
    'nobody-to-ask': {
      say: (f) => `there is nobody to ask for the ${f.detail} (${f.other}): run it on a terminal, or use a key without`,
      exit: 128,
    },
    'not-answered': { say: (f) => `the ${f.detail} was not given (${f.other})`, exit: 128 },
    'wrong-passphrase': { say: (f) => `the passphrase for ${f.detail} was wrong three times`, exit: 128 },
    'plugin-missing': {
      say: (f) => `the age plugin "${f.detail}" is not installed (no age-plugin-${f.detail} in PATH)`,
      exit: 128,
    },
    'plugin-failed': { say: (f) => `the age plugin "${f.detail}" failed (${f.other})`, exit: 128 },
    'plugin-not-trusted': {
      say: (f) => `asks for the age plugin "${f.detail}", and no program is started that only a repository names`,
      mend: (f) =>
        `git config --global --add sops.agePlugin ${shellQuote(f.detail ?? 'NAME')} to trust it from now on, or git sops encrypt --in-place ${word(f.file)}`,
      exit: 111,
    },
    'broken-identity': { say: (f) => `line ${f.line} of ${f.detail} is not an age identity (${f.other})`, exit: 128 },
    'broken-wrapped-key': { say: (f) => `the data key for ${f.detail} does not open (${f.other})`, exit: 128 },
    'no-identity-in-file': {
      say: (f) => `${f.detail} holds no age identity`,
      mend: () => 'git sops keygen --output FILE',
      exit: 128,
    },
    // git: what Git refuses or a repository's files do
    'git-missing': { say: (f) => `Git could not be started (${f.detail})`, mend: () => 'git --version' },
    'git-failed': { say: (f) => `"${f.detail}" failed: ${f.other}` },
    'git-too-old': {
      say: (f) => `Git ${f.detail} is too old; git-sops needs Git ${f.other} or newer`,
      mend: () => 'install a newer Git, from your system or from git-scm.com, and then: git sops doctor',
    },
    'git-not-a-repository': { say: () => 'is not inside a Git repository', mend: () => 'git init' },
    'git-no-work-tree': { say: () => 'is a bare repository; this needs a working tree' },
    'index-locked': {
      say: () => 'another Git process holds the index, so nothing was written',
      mend: (f) => `wait for it to end; if none runs any more: rm ${word(f.detail)}`,
    },
    'git-protocol': { say: (f) => `the conversation with Git broke: ${f.detail}` },
    'git-no-revision': {
      say: (f) => `${f.detail} names no commit here`,
      mend: () => 'git log --oneline --all',
      exit: 2,
    },
    'git-merge-diff': {
      say: () => 'compares two sides, and this asks for more',
      mend: () => 'git sops diff REV REV',
      exit: 2,
    },
    'file-outside-work-tree': {
      say: () => 'is outside of the working tree, or reached by a link that leads out of it',
    },
    'file-not-regular': { say: () => 'is not a regular file (a link, a folder or a device)' },
    'git-hook-in-the-way': {
      say: (f) => `${f.detail} is another program's hook, and ${f.other} already keeps an older one`,
      mend: () => 'move one of both away, then: git sops init',
    },
    'hook-list-unfit': {
      say: (f) => `cannot take the hook: ${f.detail}`,
      mend: (f) => `add "${f.other}" to it by hand, or git sops init --hook native`,
    },
    'hook-folder-owned': {
      say: (f) =>
        `is ${f.detail}'s own, which writes its hooks anew and calls them by their names; a further one does not last`,
      mend: (f) => `git sops init --hook ${f.detail}`,
    },
    'attribute-line-too-long': {
      say: (f) => `needs a .gitattributes line that Git would ignore (${f.detail} bytes, the limit is 2047)`,
    },
    'git-blob-too-large': { say: (f) => `is too large: ${f.detail} bytes, the limit is ${f.other}` },

    // sops's own commands (its codes: 2 cannot read, 3 cannot write, 4 cannot emit, 7 set, 8 flags, 91 extract, 100 no file …)
    'no-file': {
      say: (f) => (f.file === undefined ? `${f.detail}` : 'is not there'),
      mend: (f) => (f.file === undefined ? (f.other ?? null) : null),
      exit: 100,
    },
    'cannot-read': { say: (f) => `cannot be read (${f.detail})`, exit: 2 },
    'cannot-write': { say: (f) => `cannot be written (${f.detail})`, exit: 3 },
    'cannot-emit': { say: (f) => `cannot be written as ${f.detail}: ${f.other}`, exit: 4 },
    'conflicting-flags': { say: (f) => `${f.detail}`, mend: (f) => f.other ?? null, exit: 8 },
    'bad-set-path': {
      say: (f) => `the path is not one that can be set: ${f.detail}`,
      mend: () => `git sops set FILE '["key"]["list"][0]' '"value"'`,
      exit: 7,
    },
    'bad-set-value': {
      say: (f) => `the value is not JSON that can be set${f.detail === undefined ? '' : `: ${f.detail}`}`,
      mend: () => `git sops set FILE '["key"]' '"text in double quotes"'`,
      exit: 7,
    },
    'bad-extract-path': {
      say: () => 'the path of --extract is not one',
      mend: () => `git sops decrypt --extract '["key"]["list"][0]' FILE`,
      exit: 91,
    },
    'no-metadata-to-show': {
      say: () => 'has no place for its metadata in an editor: it is a binary file, or a conflict',
      mend: (f) => `git sops edit ${word(f.file)}, without --show-master-keys`,
      exit: 1,
    },
    'metadata-edited': {
      say: () => 'has metadata that are not what they were; they are shown to be read, and are not edited by hand',
      mend: (f) => `put them back, or git sops rotate --help, git sops updatekeys ${word(f.file)}`,
      exit: 1,
    },
    'no-such-key': { say: (f) => `has nothing at ${f.keyPath}` },
    'ambiguous-key': {
      say: (f) => `has the key ${f.keyPath} more than once, and it is not clear which one is meant`,
      mend: (f) => `git sops edit ${word(f.file)} to take all but one away, then try again`,
    },
    'not-a-collection': { say: (f) => `has a single value at ${f.keyPath}, and nothing below it` },
    'no-sops-metadata': {
      say: () => 'is not encrypted: it has no sops metadata',
      mend: (f) =>
        f.file === undefined || f.file === standardInput ? null : `git sops encrypt --in-place ${shellPath(f.file)}`,
    },
    'encrypted-already': {
      say: () => 'is encrypted already',
      mend: (f) => (f.file === undefined || f.file === standardInput ? null : `git sops edit ${shellPath(f.file)}`),
      exit: 203,
    },
    'no-config': {
      say: () => 'has no recipients: no .sops.yaml with creation rules was found, and none are named',
      mend: () => 'git sops encrypt --age age1… FILE, or write a .sops.yaml (git sops init)',
    },
    'no-matching-rule': {
      say: (f) => `is matched by no creation rule of ${f.detail}`,
      mend: (f) => `add a rule to ${f.detail}`,
    },
    'keys-of-missing-file': {
      say: () => 'is not there, so it has no keys to add to or remove from',
      mend: (f) => `git sops edit ${word(f.file)}`,
      exit: 49,
    },
    'bad-encryption-context': {
      say: () => '--encryption-context takes key:value pairs with commas between them',
      mend: () => "git sops encrypt --kms ARN --encryption-context 'Stage:prod,App:x' FILE",
      exit: 6,
    },
    'duplicate-key-type': { say: (f) => `--decryption-order names ${f.detail} twice`, exit: 112 },
    'edit-unchanged': { say: () => 'has not changed', exit: 200 },
    'editor-failed': {
      say: (f) => `the editor ${f.detail}`,
      mend: () => 'set SOPS_EDITOR or EDITOR to one that waits, such as "code --wait"',
      exit: 201,
    },
    'edit-given-up': {
      say: () => 'was not saved: what the editor left cannot be encrypted, and nobody is there to correct it',
    },
    'index-changed-meanwhile': {
      say: () => 'the index was changed while it was read, so that nothing can be said of it',
      mend: () => 'git sops check',
    },
    'file-changed-meanwhile': {
      say: () => 'was changed by somebody else meanwhile, so it stays as they left it',
      mend: () => 'type the same again',
    },
    'no-such-group': { say: (f) => `has no key group ${f.detail} (it has ${f.other}, counted from 0)` },
    'threshold-out-of-reach': {
      say: (f) => `would have ${f.other} key groups, and its shamir_threshold asks for ${f.detail}`,
      mend: () => 'name a smaller one by --shamir-secret-sharing-threshold',
    },
    'not-for-environment': { say: (f) => `has ${f.keyPath}, which cannot be a variable: ${f.detail}` },
    'command-not-started': { say: (f) => `the command could not be started (${f.detail})` },
    'not-agreed': { say: () => 'was left as it is: nobody agreed', mend: (f) => `git sops ${f.detail} --yes` },
  }) satisfies Record<string, Sentence>;

export type ErrorCode = keyof ReturnType<typeof make>;

let sentences: Record<ErrorCode, Sentence> | null = null;

export function sentence(code: ErrorCode): Sentence {
  sentences ??= make();
  return sentences[code];
}
