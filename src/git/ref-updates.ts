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

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function idOf(oid: string): string | null {
  return /^0+$/.test(oid) ? null : oid;
}
