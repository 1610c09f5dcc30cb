// The step "Comment" of action.yml: one comment on the pull request, which later runs write anew.
import { commitsOfEvent, event, fetchHistory } from './event.mjs';
import { runGitSops } from './run.mjs';

const { TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL = 'https://api.github.com' } = process.env;
/** The first line of git sops diff --format markdown. */
const mark = '<!-- git-sops diff -->';
const pull = event.pull_request?.number;

if (pull === undefined) {
  process.stdout.write('::notice title=git-sops::This is no pull request, so there is nothing to comment on.\n');
} else {
  try {
    await comment();
  } catch (error) {
    // The token of a pull request from a fork may only read. The check itself has been made.
    process.stdout.write(`::warning title=git-sops::The comment could not be written (${error.message}).\n`);
  }
}

async function comment() {
  const { from, to } = commitsOfEvent();
  fetchHistory([from, to]);
  const args = ['diff', '--redact', '--format', 'markdown', `${from}...${to}`];
  const done = runGitSops(args);
  if (done.status !== 0) throw new Error(`git sops diff: exit ${done.status}`);
  const body = done.stdout || `${mark}\nNo secret file changes any more.\n`;
  // Anybody may write a comment that begins like ours; the API lets us change our own alone.
  for (const { id } of await earlier()) {
    const path = `/repos/${GITHUB_REPOSITORY}/issues/comments/${id}`;
    const changed = await ask('PATCH', path, { body }).catch(() => null);
    if (changed !== null) return;
  }
  if (done.stdout) await ask('POST', `/repos/${GITHUB_REPOSITORY}/issues/${pull}/comments`, { body });
}

async function earlier() {
  const found = [];
  for (let page = 1; ; page++) {
    const path = `/repos/${GITHUB_REPOSITORY}/issues/${pull}/comments?per_page=100&page=${page}`;
    const comments = await ask('GET', path);
    found.push(...comments.filter(({ body }) => body?.startsWith(mark)));
    if (comments.length < 100) return found;
  }
}

async function ask(method, path, body) {
  const answer = await fetch(`${GITHUB_API_URL}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${TOKEN}`,
      'x-github-api-version': '2022-11-28',
      'user-agent': 'git-sops',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return answer.json();
}
