import { isToken } from '../../crypto/encrypted-value.ts';
import { type RuleRecipient, showRecipient } from '../../document/creation-rule.ts';
import { rotated } from '../../document/rekey.ts';
import { rotationOf } from '../../document/rotation.ts';
import { sameRecipient } from '../../document/rule-fit.ts';
import { withoutRecipientIn } from '../../document/rules-edit/edit-rules.ts';
import type { SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { GitPath } from '../../git/path.ts';
import { filesHolding } from '../../git/search.ts';
import { recipientsOf } from '../../keys/key-group.ts';
import { quotePath, shellQuote } from '../../quote.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { Io } from '../io.ts';
import { keyTools } from '../sops/rekeyed-file.ts';
import { parseOptions } from '../terminal/options.ts';
import { finish, prepare, type Repo, withRepo } from './change.ts';
import { type ChosenRules, everyRule, rulesFor } from './chosen-rules.ts';
import { type CoveredSecret, isUnderRules } from './covered-secrets.ts';
import { formatOf, formatOption } from './format-option.ts';
import { everyone, findPerson, type Person, showPerson } from './people.ts';
import type { SeenFile } from './report.ts';

const spec = {
  name: 'recipients remove',
  summary:
    'let somebody read no more: out of .sops.yaml, new data keys in every file, and a checklist of what they have seen',
  operands: 'RECIPIENT|NAME…',
  options: {
    path: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      help: 'in the rule that covers this path only; may be repeated',
    },
    'dry-run': { type: 'boolean', short: 'n', help: 'say what would be done, and write nothing' },
    yes: { type: 'boolean', short: 'y', help: 'even where it is you, with no other key of yours left' },
    ...formatOption,
  },
  examples: [
    ['git sops recipients remove Bob', 'by the name beside the recipient in .sops.yaml'],
    ['git sops recipients remove Bob --dry-run --format markdown', 'the checklist, for an issue'],
  ],
} as const;

export async function remove(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  if (operands.length === 0) {
    const detail = 'a recipient or a name belongs here';
    throw new GitSopsError('wrong-use', { detail, other: 'git sops recipients remove --help' });
  }
  const format = formatOf(values, 'recipients remove');
  return withRepo(outer, async (repo) => {
    const { io, secrets, rules } = repo;
    const known = everyone(
      rules,
      secrets.encrypted.map(({ sops }) => sops),
    );
    const people = operands.map((given) => findPerson(known, given));
    const leavers = people.map(({ recipient }) => recipient);
    const paths = values.path?.map(repo.path);
    const chosen = paths === undefined ? everyRule(rules) : await rulesFor(paths, secrets, io.cwd, repo.blobs);
    const seen: SeenFile[] = [];
    const {
      edits,
      rules: changed,
      files,
    } = await prepare(
      repo,
      chosen,
      async (source, indexes) => {
        let result = source;
        for (const recipient of leavers) result = await withoutRecipientIn(result, recipient, indexes);
        return result;
      },
      {
        change: 'rotated',
        async rekey({ path, sops }, open, after) {
          const rule = (await after.find(path))?.rule ?? null;
          const opened = await open();
          seen.push(seenIn(path, sops));
          return rotated(opened, { ...rotationOf(sops, rule, { add: [], remove: leavers }), ...keyTools(repo) });
        },
      },
      (file) => isFor(file.sops, leavers) && (paths === undefined || isUnderRules(file, chosen)),
    );
    if (!values.yes && !values['dry-run']) {
      const isConcerned = (file: CoveredSecret) => paths === undefined || isUnderRules(file, chosen);
      await refuseOwnLastKey(people, args, chosen, isConcerned, repo);
    }
    const report = {
      action: 'remove' as const,
      dryRun: values['dry-run'] === true,
      people,
      rules: changed,
      files,
      requests: [],
      notEncrypted: paths === undefined ? secrets.others : [],
      uncovered: paths === undefined ? await uncoveredOf(people, repo) : [],
      seen,
    };
    return finish(report, edits, format, io);
  });
}

/** Afterwards nobody but somebody else could let them in again. @throws GitSopsError `own-last-key` */
async function refuseOwnLastKey(
  people: readonly Person[],
  args: readonly string[],
  chosen: ChosenRules,
  isConcerned: (file: CoveredSecret) => boolean,
  { keyring, rules, secrets }: Repo,
): Promise<void> {
  const known = everyone(
    rules,
    secrets.encrypted.map(({ sops }) => sops),
  );
  const own = await keyring.ownRecipients(known.map(({ shown }) => shown));
  const mine = people.filter(({ shown }) => own.includes(shown));
  const [leaver] = mine;
  if (leaver === undefined) return;
  /** Whether these hold a key of the user's now, and none afterwards. */
  const isLost = (recipients: readonly string[]) => {
    const held = recipients.filter((one) => own.includes(one));
    return held.length > 0 && held.every((one) => mine.some(({ shown }) => sameRecipient(shown, one)));
  };
  const files = secrets.encrypted.filter(
    (file) => isConcerned(file) && isLost(recipientsOf(file.sops.metadata.keyGroups)),
  );
  const isRuleLost = rules.some(({ path, rules: each }) =>
    each.some(({ index, groups }) => chosen.get(path)?.has(index) && isLost(groups.flat().map(showRecipient))),
  );
  const [first, ...more] = files;
  if (first === undefined && !isRuleLost) return;
  throw new GitSopsError('own-last-key', {
    detail: showPerson(leaver),
    other:
      first === undefined
        ? 'new files'
        : `${quotePath(first.path)}${more.length > 0 ? ` and ${more.length} more` : ''}`,
    mend: ['git', 'sops', 'recipients', 'remove', '--yes', ...args].map(shellQuote).join(' '),
  });
}

function isFor({ metadata }: SopsFile, leavers: readonly RuleRecipient[]): boolean {
  const has = recipientsOf(metadata.keyGroups);
  return leavers.some((leaver) => has.some((one) => sameRecipient(showRecipient(leaver), one)));
}

/** Every encrypted value and comment of a file that they could open. */
function seenIn(path: GitPath, { view, format }: SopsFile): SeenFile {
  const encrypted = view.leaves.filter(({ plaintext }) => typeof plaintext === 'string' && isToken(plaintext));
  return {
    path,
    whole: format.name === 'binary',
    values: encrypted.flatMap((leaf) =>
      leaf.kind === 'value' ? [{ keyPath: showKeyPath(leaf.path), document: leaf.document }] : [],
    ),
    comments: encrypted.filter(({ kind }) => kind === 'comment').length,
  };
}

/** Files that name a leaver, but which no rule and no attribute covers. */
async function uncoveredOf(people: readonly Person[], { rules, secrets }: Repo): Promise<GitPath[]> {
  const ids = people.flatMap(({ recipient }) => (recipient.kind === 'age' ? [recipient.id] : []));
  if (ids.length === 0) return [];
  const known = new Set<GitPath>([...rules, ...secrets.encrypted].map(({ path }) => path));
  const found = await filesHolding(ids, 'index');
  const signed = await filesHolding(['ENC[AES256_GCM,'], 'index');
  return [...(found ?? [])].filter((path) => !known.has(path) && signed?.has(path));
}
