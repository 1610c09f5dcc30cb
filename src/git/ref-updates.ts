import { runGit, type SpawnGitOptions } from './run.ts';

/** What a push does to one ref. */
export interface RefUpdate {
  /** In the repository that is pushed to, such as `refs/heads/main`. */
  readonly ref: string;
  /** Its object there before, which may be unknown here; null for a new ref. */
  readonly before: string | null;
  /** Its object after: a commit, or what else a tag may name; null for a deletion. */
  readonly after: string | null;
}

/** What Git tells a pre-receive hook: `BEFORE AFTER REF` a line. See githooks(5). */
export function readReceivedRefs(input: string): RefUpdate[] {
  return linesOf(input).map((line) => {
    const [before = '', after = '', ...ref] = line.split(' ');
    return { ref: ref.join(' '), before: idOf(before), after: idOf(after) };
  });
}

/** What Git tells a pre-push hook: `LOCAL-REF AFTER REF BEFORE` a line. */
export function readPushedRefs(input: string): RefUpdate[] {
  return linesOf(input).map((line) => {
    // The first may be any expression (`HEAD~2`, `:/fix this`), so it is counted from the end.
    const [before = '', ref = '', after = ''] = line.split(' ').reverse();
    return { ref, before: idOf(before), after: idOf(after) };
  });
}

/** The commits that these objects are or name, as far as they do: a tag may name a tree or a blob. */
export async function peelTips(
  oids: readonly string[],
  options?: SpawnGitOptions,
): Promise<Map<string, { oid: string; type: string }>> {
  const input = oids.map((oid) => `${oid}^{}\n`).join('');
  const { stdout } = await runGit(['cat-file', '--batch-check=%(objectname) %(objecttype)'], { ...options, input });
  const answers = linesOf(stdout.toString()).map((line) => line.split(' '));
  const known = oids.flatMap((oid, i): [string, { oid: string; type: string }][] => {
    const [peeled = '', type = ''] = answers[i] ?? [];
    return type === 'missing' || answers[i]?.length !== 2 ? [] : [[oid, { oid: peeled, type }]];
  });
  return new Map(known);
}

/** A ref that names no commit, and what it comes to. */
export interface BareTip {
  readonly ref: string;
  readonly oid: string;
  readonly type: 'tree' | 'blob';
}

/** The refs of this repository that `git log --all` passes over: a tag may name a tree or a blob, itself or by way of other tags. */
export async function bareRefs(options?: SpawnGitOptions): Promise<BareTip[]> {
  const { stdout } = await runGit(['for-each-ref', '--format=%(objectname) %(objecttype) %(refname)'], options);
  const refs = linesOf(stdout.toString()).flatMap((line) => {
    const [oid = '', type = '', ...ref] = line.split(' ');
    return type === 'commit' ? [] : [{ oid, ref: ref.join(' ') }];
  });
  if (refs.length === 0) return [];
  const peeled = await peelTips(
    refs.map(({ oid }) => oid),
    options,
  );
  return refs.flatMap(({ oid, ref }) => {
    const tip = peeled.get(oid);
    return tip?.type === 'tree' || tip?.type === 'blob' ? [{ ref, oid: tip.oid, type: tip.type }] : [];
  });
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function idOf(oid: string): string | null {
  return /^0+$/.test(oid) ? null : oid;
}
