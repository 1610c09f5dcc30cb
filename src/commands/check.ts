import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Finding, findingKinds, severityOf } from '../document/finding.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import type { GitPath } from '../git/path.ts';
import { resolveRange } from '../git/revision.ts';
import { runGit } from '../git/run.ts';
import { quotePath, shellQuote } from '../quote.ts';
import { readBaseline, sortOutKnown, writeBaseline } from './check/baseline.ts';
import { compileLater } from './check/compile-later.ts';
import type { HistoryOptions } from './check/history.ts';
import { print, type ReportFormat, reportFormats } from './check/print.ts';
import type { Report } from './check/report.ts';
import { judgeScope, nameOf } from './check/scope.ts';
import { sortOutAllowed } from './gate/allowed.ts';
import { otherWarnings } from './gate/identity-findings.ts';
import { askOfIndex } from './gate/snapshots.ts';
import type { Io } from './io.ts';
import { atTop } from './repository/at-top.ts';
import { configuredPolicy, openKeyring } from './repository/keyring.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'check',
  summary: 'find plaintext, broken and badly covered files; exit 0 clean, 1 findings, 2 wrong use or broken rules',
  operands: '[REV | A..B] [--] [PATH…]',
  options: {
    staged: { type: 'boolean', help: 'what the next commit changes (what the hook judges)' },
    worktree: { type: 'boolean', help: 'what git add would refuse in the working tree' },
    format: { type: 'string', value: 'FORMAT', help: `${reportFormats.join(', ')}; default text` },
    history: {
      type: 'boolean',
      help: 'what ever was in the clear at a covered path, and private keys anywhere, in all that is reachable',
    },
    jobs: { type: 'string', value: 'N', help: 'with --history: threads; default by the number of blobs' },
    shard: { type: 'string', value: 'I/N', help: 'with --history: the I-th of N parts, for a CI matrix' },
    resume: {
      type: 'string',
      value: 'FILE',
      help: 'with --history: remember in FILE what was judged, and go on there',
    },
    baseline: { type: 'string', value: 'FILE', help: 'accept the findings that this file lists' },
    'write-baseline': { type: 'boolean', help: 'write all findings of now into the baseline' },
    explain: { type: 'string', value: 'KIND', help: 'what a kind of finding means, and what mends it' },
  },
  examples: [
    ['git sops check', 'all that the index holds'],
    ['git sops check origin/main..HEAD', 'every commit of a pull request, and whether it weakens the protection'],
    ['git sops check --history', 'every version of every covered file, and private keys in all others'],
    ['git sops check --format sarif HEAD >sops.sarif', 'for code scanning'],
    ['git sops check --explain broken-mac', 'what that means'],
  ],
} as const;

/** Whatever keeps the judgement from being made is never a clean result, nor a finding. */
export async function check(args: string[], outer: Io): Promise<number> {
  try {
    return await judged(args, outer);
  } catch (error) {
    outer.report(error);
    return 2;
  }
}

async function judged(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { values } = parsed;
  if (values.explain !== undefined) {
    const { explain, isFindingKind } = await import('./check/explain.ts');
    if (!isFindingKind(values.explain)) {
      const kinds = Object.keys(findingKinds).join(', ');
      throw wrongUse(`there is no kind ${JSON.stringify(values.explain)}; the kinds are ${kinds}`);
    }
    outer.stdout.write(explain(values.explain));
    return 0;
  }
  const format = (values.format ?? 'text') as ReportFormat;
  if (!reportFormats.includes(format)) throw wrongUse(`there is no format "${format}"`);
  if (values['write-baseline'] && values.baseline === undefined)
    throw wrongUse('--write-baseline needs --baseline FILE');
  if (!values.history) compileLater(true);
  const blobs = new BlobReader({ lazyFetch: true, moments: 1 });
  // The usual scope needs no word of Git's about where the top is, nor what is a revision.
  const isPlain = !values.history && !values.staged && !values.worktree && parsed.operands.length === 0;
  const going = atTop(outer);
  const asked = isPlain ? askOfIndex(blobs) : undefined;
  // Most checks have no identity, and look for a key service then.
  const policy = isPlain ? configuredPolicy(outer) : undefined;
  policy?.catch(() => {});
  const { io, path } = await going;
  if (!values.history && (values.jobs ?? values.shard ?? values.resume) !== undefined) {
    throw wrongUse('--jobs, --shard and --resume go with --history');
  }
  const { rev, word, paths } = await splitOperands(args, parsed.operands, path, outer.cwd);
  if ([values.staged, values.worktree, rev !== null].filter(Boolean).length > 1) {
    throw wrongUse('give one of --staged, --worktree and a revision');
  }
  const history = values.history === true ? historyOptions(values, rev, paths, outer.cwd) : null;
  const scope = { staged: values.staged === true, worktree: values.worktree === true, rev, paths };

  const keyring = openKeyring(io, policy);
  try {
    if (paths.length > 0) {
      const { requireInScope } = await import('./check/named-paths.ts');
      await requireInScope({ ...scope, history: history !== null, word });
    }
    const baseline = values.baseline === undefined ? null : resolve(outer.cwd, values.baseline);
    const known = baseline === null || values['write-baseline'] ? new Set<string>() : readBaseline(baseline);
    const {
      files,
      findings: all,
      allowList,
    } = history === null
      ? await judgeScope(scope, blobs, keyring, io, asked)
      : await (await import('./check/history.ts')).judgeHistory(history, blobs, keyring, io);
    const allowed = sortOutAllowed(all, await allowList(), io.now());
    const { findings, accepted } = sortOutKnown(allowed.findings, known);
    const report: Report = {
      scope: history === null ? nameOf(scope) : `the history of ${rev ?? 'all branches and tags'}`,
      files,
      ...(history !== null && { counted: 'version' }),
      findings: findings.sort(byPlace),
      accepted: [...allowed.accepted, ...accepted],
      warnings: [...otherWarnings(keyring), ...allowed.warnings],
    };
    if (values['write-baseline'] && baseline !== null) {
      await writeBaseline(baseline, findings);
      io.stdout.write(
        `${findings.length} ${findings.length === 1 ? 'finding is' : 'findings are'} in the baseline now\n`,
      );
      return 0;
    }
    io.stdout.write(await print(report, format, io));
    return findings.some(({ kind }) => severityOf(kind) === 'error') ? 1 : 0;
  } finally {
    await blobs.close();
  }
}

function historyOptions(
  values: Readonly<Partial<Record<'staged' | 'worktree', boolean | undefined>>> &
    Readonly<Partial<Record<'jobs' | 'shard' | 'resume', string | undefined>>>,
  rev: string | null,
  paths: readonly GitPath[],
  cwd: string,
): HistoryOptions {
  if (values.staged || values.worktree) throw wrongUse('--history looks at commits, not at --staged or --worktree');
  const jobs = values.jobs === undefined ? null : Number(values.jobs);
  if (jobs !== null && !(Number.isInteger(jobs) && jobs >= 1 && jobs <= 64)) throw wrongUse('--jobs takes 1 to 64');
  const [, index = 1, count = 1] = /^(\d{1,6})\/(\d{1,6})$/.exec(values.shard ?? '1/1')?.map(Number) ?? [0, 0, 0];
  if (index < 1 || index > count) throw wrongUse('--shard takes I/N, such as 2/4');
  return {
    rev,
    paths,
    jobs,
    shard: { index, count },
    resume: values.resume === undefined ? null : resolve(cwd, values.resume),
  };
}

/**
 * Git's own rule: what stands behind `--` is a path; in front of it, what names a revision is one.
 * @throws GitSopsError `ambiguous-operand` where only `--` says which: to judge the other one could pass for clean
 */
async function splitOperands(
  args: readonly string[],
  operands: readonly string[],
  pathOf: (given: string) => GitPath,
  cwd: string,
) {
  const [first, ...rest] = operands;
  const dashes = args.indexOf('--');
  const pathsOnly = first === undefined || (dashes >= 0 && args.indexOf(first) > dashes);
  if (!pathsOnly && (await isRevision(first))) {
    if (dashes < 0 && lstatSync(resolve(cwd, first), { throwIfNoEntry: false }) !== undefined) {
      const name = shellQuote(first);
      const mend = `git sops check ${name} -- for the revision, git sops check -- ${name} for the path`;
      throw new GitSopsError('ambiguous-operand', { detail: quotePath(first), mend });
    }
    return { rev: first, word: null, paths: rest.map(pathOf) };
  }
  return { rev: null, word: pathsOnly ? null : first, paths: operands.map(pathOf) };
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

function byPlace(a: Finding, b: Finding): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : (a.line ?? 0) - (b.line ?? 0);
}

function wrongUse(detail: string): GitSopsError {
  return new GitSopsError('wrong-use', { detail, other: 'git sops check --help' });
}
