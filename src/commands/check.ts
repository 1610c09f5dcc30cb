import { type Finding, severityOf } from '../document/finding.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import type { GitPath } from '../git/path.ts';
import { runGit } from '../git/run.ts';
import { createKeyring, type Keyring } from '../keys/keyring.ts';
import type { Report } from './check/report.ts';
import { judgeSnapshot, type Verdict } from './gate.ts';
import { colourOn } from './colour.ts';
import type { Io } from './io.ts';
import { parseOptions } from './options.ts';
import { rangeVerdict } from './range.ts';
import { indexSnapshot, stagedSnapshot, treeSnapshot } from './snapshots.ts';
import { isUnder } from './under.ts';
import { worktreeVerdict } from './worktree-verdict.ts';

const spec = {
  name: 'check',
  summary: 'find plaintext, broken and badly covered files; exit 0 clean, 1 findings, 2 wrong use or broken rules',
  operands: '[REV | A..B] [--] [PATH…]',
  options: {
    staged: { type: 'boolean', help: 'what the next commit changes (what the hook judges)' },
    worktree: { type: 'boolean', help: 'what git add would refuse in the working tree' },
    format: { type: 'string', value: 'FORMAT', help: 'text (default), json, sarif or github' },
  },
  examples: [
    ['git sops check', 'all that the index holds'],
    ['git sops check origin/main..HEAD', 'every commit of a pull request'],
    ['git sops check --format sarif HEAD >sops.sarif', 'for code scanning'],
  ],
} as const;

export async function check(args: string[], io: Io): Promise<number> {
  const parsed = parseOptions(spec, args, io);
  if (parsed === null) return 0;
  const { values } = parsed;
  const format = values.format ?? 'text';
  if (!['text', 'json', 'sarif', 'github'].includes(format)) throw wrongUse(`there is no format "${format}"`);
  const { rev, paths } = await splitOperands(parsed.operands, args);
  if ([values.staged, values.worktree, rev !== null].filter(Boolean).length > 1) {
    throw wrongUse('give one of --staged, --worktree and a revision');
  }

  const keyring = createKeyring({ env: io.env, platform: io.platform, home: io.home });
  const blobs = new BlobReader();
  try {
    const scope = values.staged ? 'the staged changes' : values.worktree ? 'the working tree' : (rev ?? 'the index');
    const { files, findings } = await verdictOf(rev, values, paths, blobs, keyring, io);
    const report: Report = { scope, files, findings: findings.sort(byPlace), warnings: keyring.warnings() };
    io.stdout.write(await print(report, format, io));
    return findings.some(({ kind }) => severityOf(kind) === 'error') ? 1 : 0;
  } catch (error) {
    // Whatever keeps the judgement from being made is never a clean result, nor a finding.
    if (error instanceof GitSopsError) {
      io.report(error);
      return 2;
    }
    throw error;
  } finally {
    await blobs.close();
  }
}

async function verdictOf(
  rev: string | null,
  { staged, worktree }: { staged?: boolean | undefined; worktree?: boolean | undefined },
  paths: readonly GitPath[],
  blobs: BlobReader,
  keyring: Keyring,
  io: Io,
): Promise<Verdict> {
  if (worktree) return worktreeVerdict(paths, blobs, keyring, io);
  if (rev?.includes('..')) return rangeVerdict(rev, paths, blobs, keyring);
  if (rev !== null) {
    return judgeSnapshot(await treeSnapshot(blobs, rev, ({ path }) => isUnder(path, paths)), keyring);
  }
  const snapshot = staged ? await stagedSnapshot(blobs) : await indexSnapshot(blobs, []);
  return judgeSnapshot(
    { ...snapshot, candidates: snapshot.candidates.filter(({ path }) => isUnder(path, paths)) },
    keyring,
  );
}

/** Git's own rule: what stands behind `--` is a path; in front of it, what names a commit is one. */
async function splitOperands(
  operands: readonly string[],
  args: readonly string[],
): Promise<{ rev: string | null; paths: GitPath[] }> {
  const [first, ...rest] = operands;
  if (first === undefined) return { rev: null, paths: [] };
  const dashes = args.indexOf('--');
  const behind = dashes >= 0 && dashes < args.indexOf(first);
  if (!behind && (await isRev(first))) return { rev: first, paths: rest };
  if (!behind && first.includes('..')) throw wrongUse('the range names no commits');
  return { rev: null, paths: [...operands] };
}

async function isRev(text: string): Promise<boolean> {
  if (text.startsWith('-')) return false;
  const ends = text.includes('..') ? text.split(/\.\.\.?/).map((end) => end || 'HEAD') : [text];
  for (const end of ends) {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${end}^{commit}`];
    if ((await runGit(args, { okCodes: [0, 1, 128] })).code !== 0) return false;
  }
  return true;
}

async function print(report: Report, format: string, io: Io): Promise<string> {
  switch (format) {
    case 'json':
      return (await import('./check/json.ts')).jsonReport(report);
    case 'sarif':
      return (await import('./check/sarif.ts')).sarifReport(report, io.version);
    case 'github':
      return (await import('./check/github.ts')).githubReport(report);
    default:
      return (await import('./check/text.ts')).textReport(report, colourOn(io.stdout, io));
  }
}

function byPlace(a: Finding, b: Finding): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : (a.line ?? 0) - (b.line ?? 0);
}

function wrongUse(detail: string): GitSopsError {
  return new GitSopsError('wrong-use', { detail, other: 'git sops check --help' });
}
