import { type Finding, severityOf } from '../document/finding.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import type { GitPath } from '../git/path.ts';
import { resolveRange, resolveTree } from '../git/revision.ts';
import { runGit } from '../git/run.ts';
import { createKeyring, type Keyring } from '../keys/keyring.ts';
import { atTop } from './at-top.ts';
import type { Report } from './check/report.ts';
import { colourOn } from './colour.ts';
import { judgeSnapshot, type Verdict } from './gate.ts';
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

export async function check(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  const format = values.format ?? 'text';
  if (!['text', 'json', 'sarif', 'github'].includes(format)) throw wrongUse(`there is no format "${format}"`);
  const { io, path } = await atTop(outer);
  const { rev, paths } = await splitOperands(args, parsed.operands, path);
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
  const range = rev === null ? null : await resolveRange(rev);
  if (range !== null) return rangeVerdict(range, paths, blobs, keyring);
  const snapshot = staged
    ? await stagedSnapshot(blobs)
    : rev === null
      ? await indexSnapshot(blobs)
      : await treeSnapshot(blobs, await resolveTree(rev));
  const unmerged = snapshot.unmerged.filter((path) => isUnder(path, paths));
  const candidates = snapshot.candidates.filter(({ path }) => isUnder(path, paths));
  return judgeSnapshot({ ...snapshot, candidates, unmerged }, keyring);
}

/** Git's own rule: what stands behind `--` is a path; in front of it, what names a revision is one. */
async function splitOperands(args: readonly string[], operands: readonly string[], pathOf: (given: string) => GitPath) {
  const [first, ...rest] = operands;
  const dashes = args.indexOf('--');
  const pathsOnly = first === undefined || (dashes >= 0 && args.indexOf(first) > dashes);
  if (!pathsOnly && (await isRevision(first))) return { rev: first, paths: rest.map(pathOf) };
  return { rev: null, paths: operands.map(pathOf) };
}

async function isRevision(text: string): Promise<boolean> {
  if (text.startsWith('-')) return false;
  if (/[^.]\.\.|^\.\.\.?[^/.]/.test(text)) {
    if ((await resolveRange(text)) === null) throw wrongUse(`"${text}" names no range of commits`);
    return true;
  }
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${text}^{tree}`];
  return (await runGit(args, { okCodes: [0, 1, 128] })).code === 0;
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
