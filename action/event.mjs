// What the workflow runs for: https://docs.github.com/en/webhooks/webhook-events-and-payloads
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export const event = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'));

/** @returns where the pull request, push or merge group begins and ends, as far as the event says; null for other events */
export function commitsOfEvent() {
  const { pull_request: pull, merge_group: group, before, after } = event;
  if (pull) return { from: pull.base.sha, to: pull.head.sha };
  if (group) return { from: group.base_sha, to: group.head_sha };
  if (!after || /^0+$/.test(after)) return null;
  // A new branch, or one whose old commit is gone: what the default branch lacks.
  const known = before && !/^0+$/.test(before) && present(before);
  const main = `refs/remotes/origin/${event.repository?.default_branch}`;
  if (known) return { from: before, to: after };
  return present(main) && event.ref !== `refs/heads/${event.repository.default_branch}`
    ? { from: main, to: after }
    : null;
}

/** A checkout has one commit unless it was told otherwise. */
export function fetchHistory(commits) {
  const shallow = git('rev-parse', '--is-shallow-repository').stdout.trim() === 'true';
  if (shallow) git('fetch', '--quiet', '--no-tags', '--unshallow', 'origin');
  for (const commit of commits) if (!present(commit)) git('fetch', '--quiet', '--no-tags', 'origin', commit);
}

export function present(commit) {
  return git('cat-file', '-e', `${commit}^{commit}`).status === 0;
}

function git(...args) {
  return spawnSync('git', args, { encoding: 'utf8' });
}
