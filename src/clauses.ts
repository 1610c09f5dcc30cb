import { quotePath, shellPath, shellQuote } from './quote.ts';

/**
 * What the sentences of `messages.ts` and the findings are put together from: why something gave no key, what is weaker than it was,
 * which command mends a file. Open to all folders, as `messages.ts` is, and as careful: no value, and foreign text quoted.
 */

/** Why GnuPG gave nothing. */
export const gpgReasons = {
  noProgram: (variable: string) => `${variable} names no program`,
  notInstalled: 'GnuPG (gpg) is not installed here',
  noPublicKey: 'GnuPG has no public key of it',
  unfitKey: 'GnuPG says that this key is not fit for it',
  notForKeys: 'its entry holds no PGP message for keys',
  tooSlow: 'GnuPG waited too long for an answer, or gave more than a key',
  failed: (code: number) => `GnuPG failed (exit code ${code})`,
} as const;

/** The same by libgpg-error's codes, in the lower 16 bits. */
export const gpgErrors: Readonly<Record<number, string>> = {
  11: 'the passphrase was wrong',
  62: 'the passphrase was not given in time',
  77: 'the agent of GnuPG does not run',
  85: 'GnuPG found no pinentry to ask for the passphrase with',
  86: 'GnuPG found no pinentry to ask for the passphrase with',
  99: 'the passphrase was not given',
  112: 'the smart card is not there',
  198: 'the passphrase was not given',
  16383: 'the pinentry of GnuPG ended without an answer',
  // ENOTTY, from a pinentry that draws on a terminal.
  32870: 'GnuPG had no terminal to ask for the passphrase on',
};

export const gpgMends = {
  install: 'install GnuPG',
  importKey: (fingerprint: string) => `gpg --recv-keys ${shellQuote(fingerprint)}, or gpg --import FILE`,
  listKey: (fingerprint: string) => `gpg --list-keys ${shellQuote(fingerprint)}`,
} as const;

/** Why a key service gave nothing. */
export const serviceReasons = {
  none: 'no key service may be asked',
  notAnAddress: (uri: string) => `the key service ${uri} is neither tcp://HOST:PORT nor unix:///PATH`,
  says: (name: string, text: string) => `${name} says: ${text}`,
  wrongLength: 'it is of the wrong length',
} as const;

export const serviceMends = { install: 'install sops 3.13, or: export SOPS_KEYSERVICE=tcp://HOST:PORT' } as const;

/** What mends a file of a finding. */
export const fileMends = {
  stage: (path: string) => `git add --renormalize -- ${shellPath(path)}`,
  afterConflict: (path: string) => `resolve it, then ${fileMends.stage(path)}`,
  stageOrHunks: (path: string) =>
    `git add -- ${shellPath(path)}, or git sops add -p ${shellPath(path)} for hunks of it (git add -p would mix ciphertexts)`,
  noLink: (path: string) => `git rm -qf --cached -- ${shellPath(path)}; git add -- ${shellPath(path)}`,
  rotate: (path: string) => `git sops rotate ${shellPath(path)}`,
  rule: (path: string) => `add a rule for ${shellPath(path)} to .sops.yaml, then git sops init`,
  coverAgain: (path: string) =>
    `widen a rule in .sops.yaml to ${shellPath(path)}, git sops init, then ${fileMends.stage(path)}; or put the file back`,
  leaveOut: (path: string) => `git rm --cached -- ${shellPath(path)}, and name it in .gitignore; or cover it by a rule`,
  inHistory: (path: string, what = shellPath(path)) =>
    `change what ${what} holds, wherever it is used; git log -- ${shellPath(path)} shows since when`,
  deleteRef: (ref: string) =>
    ref.startsWith('refs/tags/')
      ? `git tag -d -- ${shellQuote(ref.slice('refs/tags/'.length))}`
      : `git update-ref -d ${shellQuote(ref)}`,
  request: (path: string) => `git rm --cached -- ${shellPath(path)}; git sops join`,
  privateKey: (path: string) => `git rm --cached -- ${shellPath(path)}, then replace the key wherever it is used`,
  /** @param good the last commit that has a good version, where that is known */
  goBack: (path: string, good: string | undefined) =>
    good === undefined
      ? `git checkout COMMIT -- ${shellPath(path)}, with the last good COMMIT of git log -- ${shellPath(path)}`
      : `git checkout ${good} -- ${shellPath(path)}`,
  whoseKey: (configPath: string) => `ask whose key it is; git log -p -- ${shellPath(configPath)}`,
  ruleBack: (configPath: string) => `git log -p -- ${shellPath(configPath)}, and put the rule back`,
} as const;

/** What is wrong with a file whatever it holds. */
export const linkClause = 'Git stores it as a symlink (mode 120000)';

/** Of a file that says that a later sops wrote it. */
export const laterEntryClause = 'metadata entry; if a later sops wrote it, a newer git-sops knows it';

/** How a file left encryption. */
export const leftClauses = {
  before: (oid: string) => `its version before, ${oid.slice(0, 12)}, was encrypted`,
  moved: (path: string) => `it holds the plaintext of ${quotePath(path)}, which was encrypted and is gone`,
  copied: (path: string) => `it holds the plaintext of ${quotePath(path)}, which is encrypted`,
} as const;

/** Where a version stands that no commit has. */
export const historyClauses = {
  named: (ref: string) => `named by ${quotePath(ref)}`,
} as const;

/** How a file is not as its rule has it. Recipients and selectors are escaped where they are shown. */
export const driftClauses = {
  missing: (recipients: readonly string[]) => `cannot read it yet: ${recipients.join(', ')}`,
  extra: (recipients: readonly string[]) => `can read it against the rule: ${recipients.join(', ')}`,
  regrouped: 'its key groups or its threshold are not those of the rule',
  mac: (onlyEncrypted: boolean) =>
    `its MAC covers ${onlyEncrypted ? 'encrypted values only' : 'all values'}, the rule says otherwise`,
  selector: (has: ShownSelector, asked: ShownSelector) => `it has ${shown(has)}, the rule ${shown(asked)}`,
} as const;

/** How a rule protects less than the one before. */
export const weakerClauses = {
  named: 'a key that it does not name stays in the clear',
  uncovered: 'no rule covers it any more',
  selector: (after: ShownSelector, before: ShownSelector, why: string) =>
    `its selector is now ${shown(after)}, was ${shown(before)}: ${why}`,
  comments: 'selectors by comments cannot be compared',
  key: (key: string) => `a key such as ${JSON.stringify(key)} stays in the clear`,
  mac: 'its MAC covers encrypted values only',
  groups: (now: number, before: number) =>
    `${now} of its key groups ${now === 1 ? 'opens' : 'open'} a file, it took ${before}`,
} as const;

/** What a change takes from the protection. @param paths all that it is about, an example if none of them is tracked */
export const weakenedClauses = {
  rule: (pathRegex: string | null, paths: readonly string[], areTracked: boolean, clause: string) => {
    const regex = pathRegex === null ? 'without a path_regex' : `for ${JSON.stringify(pathRegex)}`;
    return `the rule ${regex} covered ${examples(paths, areTracked)}; now ${clause}`;
  },
  attribute: (paths: readonly string[], areTracked: boolean) =>
    `filter=sops is gone from ${examples(paths, areTracked)}`,
} as const;

export const hookTexts = {
  weakened:
    'git-sops: warning: this commit takes encrypted files out of their rules, or from the filter; what is staged at their paths later may be plaintext\n',
} as const;

export const pushTexts = {
  refused: 'git-sops: the push is refused; none of it was taken\n',
  weakened: 'git-sops: this push changes the protection\n',
  mend: `Nobody has these commits but you. Mend the files, put that into the commits themselves, and push again:
  git commit --amend     (the last commit)
  git rebase -i          (earlier ones: mark those named above with "edit")
`,
  more: (count: number) => `${count} more ${count === 1 ? 'is' : 'are'} not shown`,
  commit: (oid: string, date: string, later: number) =>
    `in commit ${oid.slice(0, 12)} of ${date.slice(0, 10)}${later === 0 ? '' : `, and ${later} later ${later === 1 ? 'version' : 'versions'}`}`,
} as const;

interface ShownSelector {
  readonly kind: string;
  readonly value: string;
}

function shown({ kind, value }: ShownSelector): string {
  return `${kind} ${JSON.stringify(value)}`;
}

function examples(paths: readonly string[], areTracked: boolean): string {
  const example = quotePath(paths[0] ?? '');
  if (!areTracked) return `a path such as ${example}`;
  return paths.length > 1 ? `${example} and ${paths.length - 1} more` : example;
}
