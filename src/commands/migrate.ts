import { createRuleFinder } from '../document/rule-finder.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { requireFreeIndex } from '../git/hold-index.ts';
import { listIndex } from '../git/index-entries.ts';
import { gitVersion, requireGit } from '../git/version.ts';
import type { Io } from './io.ts';
import { carryOut } from './migrate/carry-out.ts';
import { chosenSetup, requireClean } from './migrate/chosen-setup.ts';
import { findSetups } from './migrate/find-setup.ts';
import { planned, planOf } from './migrate/migrate-plan.ts';
import { type OldTool, oldTools } from './migrate/old-setup.ts';
import { afterwards, planText } from './migrate/plan-text.ts';
import { plaintextOf, sealOld } from './migrate/seal-old.ts';
import { partedBy, refuseCoveredLeft } from './migrate/skip.ts';
import { atTop } from './repository/at-top.ts';
import { openKeyring } from './repository/keyring.ts';
import { confirm } from './terminal/confirm.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'migrate',
  summary: 'take over what git-crypt, transcrypt, git-secret or a hand-made sops filter encrypts, as one staged step',
  options: {
    from: { type: 'string', value: 'TOOL', help: `${oldTools.join(', ')}; default: the one that is there` },
    recipient: {
      type: 'string',
      multiple: true,
      value: 'AGE',
      help: 'who can decrypt, where there is no .sops.yaml; may be repeated; default: you',
    },
    'encrypted-regex': { type: 'string', value: 'REGEX', help: 'which keys are encrypted; default: all values' },
    skip: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      help: 'a file or folder that stays with the other tool; may be repeated',
    },
    'dry-run': { type: 'boolean', help: 'show the plan and write nothing' },
    yes: { type: 'boolean', short: 'y', help: 'write without asking' },
  },
  examples: [
    ['git sops migrate --dry-run', 'what would be done, and what history holds'],
    ['git sops migrate --recipient age1… --recipient age1…', 'for these; asks before it writes'],
    ['git sops migrate --skip templates', 'all but these, which stay as they are'],
  ],
} as const;

export async function migrate(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  if (values.from !== undefined && !oldTools.includes(values.from as OldTool)) {
    throw new GitSopsError('wrong-use', {
      detail: `there is no tool "${values.from}" to migrate from`,
      other: 'git sops migrate --help',
    });
  }
  requireGit(await gitVersion());
  const { io, path: fromTop } = await atTop(outer);
  const blobs = new BlobReader({ lazyFetch: true });
  const keyring = openKeyring(io);
  try {
    const before = (await listIndex()).filter(({ stage }) => stage === 0);
    const whole = chosenSetup(await findSetups(blobs), values.from as OldTool | undefined);
    await requireClean(whole);
    const parted = await partedBy((values.skip ?? []).map(fromTop), whole);
    const { setup, left } = parted;
    for (const file of setup.files) plaintextOf(setup, file, io);
    const { 'encrypted-regex': regex, recipient = null } = values;
    const plan = await planOf(parted, recipient, regex ?? null, keyring, blobs, io);
    const rules = createRuleFinder(planned(plan, io, blobs));
    await refuseCoveredLeft(left, rules);
    const stagings = await sealOld(setup, rules, keyring, blobs, io);
    io.stdout.write(planText(plan));
    if (values['dry-run']) return 0;
    if (!values.yes && !(await confirm('Go on?', io))) {
      io.stderr.write('git-sops: nothing was written\n  try: git sops migrate --yes\n');
      return 1;
    }
    await requireFreeIndex();
    await carryOut(plan, stagings, before, io);
    io.stdout.write(afterwards(plan));
    return 0;
  } finally {
    await blobs.close();
  }
}
