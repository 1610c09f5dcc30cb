import { type Finding, findingKinds } from '../../document/finding.ts';

/** A finding as one sentence, without its path. */
export function sentenceOf({ kind, keyPath, detail, foundIn }: Finding): string {
  const where = keyPath === undefined ? '' : ` (${keyPath})`;
  const why = hasDetail(detail) ? `: ${detail}` : '';
  const when = foundIn === undefined ? '' : `, ${firstCommitOf(foundIn)}`;
  return `${findingKinds[kind].title}${where}${why}${when}.`;
}

/** Whether there is something to say that title and key path do not. */
export function hasDetail(detail: string | undefined): detail is string {
  return detail !== undefined && detail !== 'value' && detail !== 'comment';
}

export function firstCommitOf({ commit, authorDate }: NonNullable<Finding['foundIn']>): string {
  return `first in commit ${commit.slice(0, 12)} of ${authorDate.slice(0, 10)}`;
}
