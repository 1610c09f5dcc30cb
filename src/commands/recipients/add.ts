import { type RuleRecipient, showRecipient } from '../../document/creation-rule.ts';
import { withRecipients } from '../../document/rekey.ts';
import { oneLine, withRecipient } from '../../document/rules-edit/edit-rules.ts';
import { recipientOf } from '../../document/wrap-recipients.ts';
import { GitSopsError } from '../../errors.ts';
import { awsRecipient, fieldsOf, foreignRecipient } from '../../keys/foreign-recipient.ts';
import type { ForeignKind } from '../../keys/master-key.ts';
import { parseRecipient } from '../../keys/recipient.ts';
import { escapeText, shellPath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { keyTools } from '../sops/rekeyed-file.ts';
import { wholeNumber } from '../sops/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { parseOptions } from '../terminal/options.ts';
import { finish, prepare, type Repo, withRepo } from './change.ts';
import { everyRule, onlyRule, rulesFor } from './chosen-rules.ts';
import { formatOf, formatOption } from './format-option.ts';
import type { Person } from './people.ts';
import { shortRecipient } from './people.ts';
import { findRequest, type PendingRequest, pendingRequests } from './requests.ts';
import { nameIn } from './rule-files.ts';

const spec = {
  name: 'recipients add',
  summary: 'let somebody read: in .sops.yaml and in every file that the rule covers, staged as one step',
  operands: 'RECIPIENT|REQUEST…',
  options: {
    name: { type: 'string', value: 'NAME', help: 'whose key it is; stands beside it in .sops.yaml' },
    path: { type: 'string', multiple: true, value: 'PATH', help: 'in the rule that covers this path; may be repeated' },
    all: { type: 'boolean', help: 'in every rule, where there are several' },
    group: { type: 'string', value: 'N', help: 'in this key group, where the rule has several; they count from 0' },
    'dry-run': { type: 'boolean', short: 'n', help: 'say what would be done, and write nothing' },
    yes: { type: 'boolean', short: 'y', help: 'do not ask whether a request is who it says it is' },
    ...formatOption,
  },
  examples: [
    ['git sops recipients add age1… --name Bob', 'no value changes; git commit is all that is left to do'],
    ['git sops recipients add bob', 'answers the request that git sops join made'],
    ['git sops recipients add age1… --name ci --path deploy/app.yaml', 'only in the rule that covers this file'],
  ],
} as const;

interface Newcomer extends Person {
  readonly request: PendingRequest | null;
}

export async function add(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  if (operands.length === 0 || (operands.length > 1 && values.name !== undefined)) {
    const detail = operands.length === 0 ? 'a recipient or a request belongs here' : '--name goes with one recipient';
    throw new GitSopsError('wrong-use', { detail, other: 'git sops recipients add --help' });
  }
  const format = formatOf(values, 'recipients add');
  const asked = wholeNumber('group', values.group);
  return withRepo(
    outer,
    async (repo) => {
      const { io, rules, secrets } = repo;
      const requests = await pendingRequests(io.cwd);
      const people = operands.map((given) => newcomer(given, values.name ?? null, requests, repo));
      for (const { request } of people) {
        if (request === null || operands.includes(request.recipient) || values.yes || values['dry-run']) continue;
        if (!(await isAgreed(request, io))) return 1;
      }
      const chosen =
        values.path !== undefined
          ? await rulesFor(values.path.map(repo.path), secrets, io.cwd, repo.blobs)
          : values.all
            ? everyRule(rules)
            : onlyRule(rules, operands.join(' '));
      const {
        edits,
        rules: changed,
        files,
      } = await prepare(
        repo,
        chosen,
        async (source, indexes, file) => {
          let result = source;
          const several = file.rules.find(({ index, groups }) => indexes.has(index) && groups.length > 1);
          if (several !== undefined && (asked === null || asked >= several.groups.length)) {
            throw new GitSopsError('several-groups', { line: several.line, detail: `${several.groups.length}` });
          }
          for (const { recipient, name } of people) {
            result = await withRecipient(result, { recipient, name, rules: indexes, group: asked ?? 0 });
          }
          return result;
        },
        {
          change: 'wrapped',
          async rekey({ sops: { metadata } }, open) {
            const groups = metadata.keyGroups.map((group) => group.map(recipientOf));
            const at = Math.min(asked ?? 0, groups.length - 1);
            const more = people.map(({ recipient }) => recipient).filter((one) => !holds(groups[at] ?? [], one));
            if (more.length === 0) return null;
            const wanted = groups.map((group, i) => (i === at ? [...group, ...more] : group));
            return withRecipients(await open(), {
              groups: wanted,
              threshold: metadata.shamirThreshold,
              ...keyTools(repo),
            });
          },
        },
      );
      const answered = people.flatMap(({ request }) => request?.path ?? []);
      const report = {
        action: 'add' as const,
        dryRun: values['dry-run'] === true,
        people,
        rules: changed,
        files,
        requests: answered,
        notEncrypted: values.path === undefined ? secrets.others : [],
        uncovered: [],
        seen: [],
      };
      const gone = answered.map((path) => ({ path, content: null, isSecret: false }));
      return finish(report, [...edits, ...gone], format, io);
    },
    operands,
  );
}

/** A recipient as it stands here, of a request, or of a file such as `~/.ssh/id_ed25519.pub`. */
function newcomer(given: string, name: string | null, requests: readonly PendingRequest[], { rules }: Repo): Newcomer {
  const request = findRequest(requests, given);
  // What stands behind an SSH key is its owner's comment; in a list of recipients it could be anything.
  const [, key, comment = null] = /^(ssh-\S+\s+\S+)(?:\s+(\S.*))?$/s.exec(given.trim()) ?? [];
  const recipient = request === null ? recipientFrom(key ?? given) : { kind: 'age' as const, id: request.recipient };
  const shown = showRecipient(recipient);
  const called = name ?? nameIn(rules, shown) ?? request?.name ?? comment;
  return { recipient, shown, name: called === null ? null : oneLine(called), request };
}

function recipientFrom(given: string): RuleRecipient {
  try {
    return parsed(given);
  } catch (error) {
    // Not the text itself: it may be a secret in the wrong place.
    throw error instanceof GitSopsError && error.code !== 'no-such-request' ? error.with({ file: 'RECIPIENT' }) : error;
  }
}

function parsed(given: string): RuleRecipient {
  const [, kind, id] = /^(pgp|kms|gcp_kms|azure_kv|hc_vault|hckms):(.+)$/s.exec(given) ?? [];
  if (kind !== undefined && id !== undefined) {
    const foreign =
      kind === 'kms'
        ? awsRecipient(id, { context: {}, profile: '' })
        : foreignRecipient(kind as Exclude<ForeignKind, 'kms'>, id);
    fieldsOf(foreign);
    return foreign;
  }
  try {
    return { kind: 'age', id: parseRecipient(given).text };
  } catch (error) {
    // What looks like a key is a broken one; a secret key is not shown.
    if (!(error instanceof GitSopsError) || /^(?:age1|ssh-|AGE-)/i.test(given)) throw error;
    throw new GitSopsError('no-such-request', { detail: escapeText(given) });
  }
}

function holds(group: readonly RuleRecipient[], recipient: RuleRecipient): boolean {
  return group.some((other) => showRecipient(other) === showRecipient(recipient));
}

/** Whoever can push can write a request in anybody's name. */
async function isAgreed({ name, recipient, commit, path }: PendingRequest, io: Io): Promise<boolean> {
  const by =
    commit === null
      ? 'It is not committed.'
      : `It came with commit ${commit.oid.slice(0, 10)} of ${escapeText(commit.author)} <${escapeText(commit.email)}>, ${commit.date.slice(0, 10)}, ${commit.signature}.`;
  io.stderr.write(
    `${escapeText(name)} asks to read the secrets with the key\n  ${shortRecipient(recipient)}\n${by}\nCompare the key with them by another way than this repository.\n`,
  );
  if (await confirm('Is it theirs?', io)) return true;
  const error = new GitSopsError('not-agreed', { file: path, detail: `recipients add ${shellPath(path)}` });
  io.report(error);
  return false;
}
