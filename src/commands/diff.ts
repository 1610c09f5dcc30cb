import { createRuleFinder } from '../document/rule-finder.ts';
import { GitSopsError } from '../errors.ts';
import { askedDiff, askedRevisions } from '../git/asked-diff.ts';
import { BlobReader } from '../git/blob-reader.ts';
import { escapeText } from '../quote.ts';
import { asWrongUse, splitArguments } from './diff/arguments.ts';
import { diffFiles } from './diff/changed-files.ts';
import { recipientNames } from './diff/names.ts';
import { redact } from './diff/redact.ts';
import type { DiffReport } from './diff/report.ts';
import type { Io } from './io.ts';
import { atTop } from './repository/at-top.ts';
import { openKeyring } from './repository/keyring.ts';
import { worktreeReader } from './repository/worktree-reader.ts';
import { colourOn } from './terminal/colour.ts';
import { parseOptions } from './terminal/options.ts';

const formats = ['text', 'json', 'markdown'] as const;
type FormatName = (typeof formats)[number];

const spec = {
  name: 'diff',
  summary: 'what changed in secrets, by key: takes the revisions, ranges and paths that git diff takes',
  operands: '[--cached] [REV | A..B | A...B | REV REV] [--] [PATH…]',
  options: {
    redact: { type: 'boolean', help: 'no values: which keys changed and how' },
    format: { type: 'string', value: 'FORMAT', help: 'text (default), json, or markdown for a pull request' },
    'show-values': { type: 'boolean', help: 'values in markdown too, which leaves them out otherwise' },
    'exit-code': { type: 'boolean', help: 'exit 1 where something differs, 0 where nothing does' },
    quiet: { type: 'boolean', short: 'q', help: 'the exit code alone' },
    color: { type: 'string', value: 'WHEN', help: 'auto (default), always or never' },
  },
  examples: [
    ['git sops diff', 'the working tree against the index'],
    ['git sops diff --cached', 'what the next commit changes'],
    ['git sops diff main...HEAD -- secrets', 'a branch, since it left main'],
    ['git sops diff --format markdown origin/main...HEAD', 'a comment for a pull request, without values'],
  ],
} as const;

export async function diff(args: string[], outer: Io): Promise<number> {
  const { git, operands, own } = splitArguments(args);
  const parsed = parseOptions(spec, own, outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  const format = oneOf(formats, '--format', values.format ?? 'text');
  const colour = oneOf(['auto', 'always', 'never'], '--color', values.color ?? 'auto');

  // Where the user stands is what pathspecs count from, so Git is asked before we go to the top.
  const [changes, revisions] = await Promise.all([
    askedDiff(git, { lazyFetch: true }).catch(async (error) => {
      // Elsewhere Git's diff is another command, and Git says how that is used.
      await atTop(outer).catch((none) => {
        // 1 says that something differs.
        throw none instanceof GitSopsError ? none.with({ exit: 2 }) : none;
      });
      throw asWrongUse(error);
    }),
    askedRevisions(operands),
  ]);
  const { io } = await atTop(outer);
  const keyring = openKeyring(io);
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const rules = createRuleFinder(worktreeReader(io.cwd, blobs));
    const files = await diffFiles(changes, { top: io.cwd, blobs, rules, keyring });
    const different = files.length > 0;
    if (different && values.quiet !== true) {
      const names = await recipientNames(files, revisions, io.cwd, blobs);
      const report: DiffReport = { files, names, redacted: false };
      const hidesValues = values.redact === true || (format === 'markdown' && values['show-values'] !== true);
      const wantsColour = colour === 'auto' ? colourOn(io.stdout, io) : colour === 'always';
      io.stdout.write(await print(hidesValues ? redact(report) : report, format, wantsColour));
    } else if (format === 'json' && values.quiet !== true) {
      io.stdout.write(await print({ files, names: new Map(), redacted: values.redact === true }, format, false));
    }
    for (const warning of keyring.warnings()) io.stderr.write(`git-sops: ${escapeText(warning)}\n`);
    return different && (values['exit-code'] === true || values.quiet === true) ? 1 : 0;
  } finally {
    await blobs.close();
  }
}

async function print(report: DiffReport, format: FormatName, colour: boolean): Promise<string> {
  switch (format) {
    case 'json':
      return (await import('./diff/json.ts')).jsonDiff(report);
    case 'markdown':
      return (await import('./diff/markdown.ts')).markdownDiff(report);
    case 'text':
      return (await import('./diff/text.ts')).textDiff(report, colour);
  }
}

function oneOf<const T extends string>(known: readonly T[], option: string, given: string): T {
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  throw new GitSopsError('wrong-use', { detail: `${option} does not take "${given}"`, other: 'git sops diff --help' });
}
