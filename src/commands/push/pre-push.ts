import { BlobReader } from '../../git/blob-reader.ts';
import { peelTips, type RefUpdate, readPushedRefs } from '../../git/ref-updates.ts';
import { runGit } from '../../git/run.ts';
import { Progress } from '../check/history/progress.ts';
import type { Io } from '../io.ts';
import { openKeyring } from '../repository/keyring.ts';
import { colourOn } from '../terminal/colour.ts';
import { readAll } from '../terminal/streams.ts';
import { Deadline } from './deadline.ts';
import { judgePush } from './judge-push.ts';
import { changeOfProtection, refusal } from './report.ts';
import { trackingRefs } from './tracking-refs.ts';

/** Fewer are done before anybody wonders. */
const worthProgress = 300;

/**
 * `hook pre-push REMOTE URL`: judges all commits that the remote lacks, before they leave this machine. What the push takes from the
 * protection is told, and not refused: it is the pusher's own change, and the other side has a gate of its own.
 */
export async function prePush(args: readonly string[], io: Io): Promise<number> {
  const remote = args[0] ?? io.env['PRE_COMMIT_REMOTE_NAME'] ?? '';
  const updates = await sortOut(await updatesOf(io));
  if (updates.every(({ after }) => after === null)) return 0;
  const url = args[1] ?? io.env['PRE_COMMIT_REMOTE_URL'] ?? null;
  const tracked = await trackingRefs(remote, url);
  const known = knownTo(tracked, updates);
  const keyring = openKeyring(io);
  const blobs = new BlobReader();
  let progress: Progress | null = null;
  try {
    const { commits, files, findings, weakened } = await judgePush(updates, blobs, io, {
      known,
      agreed: tracked.length === 0 ? null : await defaultBranchOf(remote),
      first: known.length === 1,
      keyring,
      deadline: new Deadline(null),
      progress(count) {
        progress = count < worthProgress ? null : new Progress(io, 'files', count);
        return () => progress?.step();
      },
    });
    (progress as Progress | null)?.end();
    io.trace(`pre-push: ${commits} commits, ${files} covered files, ${findings.length} findings`);
    const colour = colourOn(io.stderr, io);
    if (weakened.length > 0) io.stderr.write(changeOfProtection(weakened, files, colour));
    if (findings.length === 0) return 0;
    io.stderr.write(refusal(findings, files, colour));
    return 1;
  } finally {
    await blobs.close();
  }
}

/** Git's own lines. The pre-commit framework reads those itself and tells of the first ref by variables. */
async function updatesOf({ stdin, env }: Io): Promise<RefUpdate[]> {
  const updates = readPushedRefs((await readAll(stdin)).toString());
  const tip = env['PRE_COMMIT_TO_REF'] ?? env['PRE_COMMIT_LOCAL_BRANCH'];
  if (updates.length > 0 || tip === undefined) return updates;
  const { stdout } = await runGit(['rev-parse', '--verify', '--end-of-options', `${tip}^{commit}`]);
  return [{ ref: env['PRE_COMMIT_REMOTE_BRANCH'] ?? '', before: null, after: stdout.toString().trim() }];
}

/** What the remote has and nobody has fetched is not known here. */
async function sortOut(updates: readonly RefUpdate[]): Promise<RefUpdate[]> {
  const befores = updates.flatMap(({ before }) => (before === null ? [] : [before]));
  const here = befores.length === 0 ? new Map() : await peelTips(befores);
  return updates.map((update) => (here.has(update.before ?? '') ? update : { ...update, before: null }));
}

/** As for `git rev-list`. */
function knownTo(tracked: readonly string[], updates: readonly RefUpdate[]): string[] {
  return ['--not', ...tracked, ...updates.flatMap(({ before }) => (before === null ? [] : [before]))];
}

/** As far as this clone knows it. */
async function defaultBranchOf(remote: string): Promise<{ ref: string; tip: string } | null> {
  const head = `refs/remotes/${remote}/HEAD`;
  const { stdout, code } = await runGit(['symbolic-ref', '--quiet', head], { okCodes: [0, 1, 128] });
  const tip = await runGit(['rev-parse', '--verify', '--quiet', `${head}^{commit}`], { okCodes: [0, 1, 128] });
  if (code !== 0 || tip.code !== 0) return null;
  const branch = stdout.toString().trim().slice(`refs/remotes/${remote}/`.length);
  return { ref: `refs/heads/${branch}`, tip: tip.stdout.toString().trim() };
}
