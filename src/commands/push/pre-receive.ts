import { GitSopsError } from '../../errors.ts';
import { BlobReader } from '../../git/blob-reader.ts';
import { getConfig } from '../../git/config.ts';
import { readReceivedRefs } from '../../git/ref-updates.ts';
import { runGit } from '../../git/run.ts';
import type { Io } from '../io.ts';
import { colourOn } from '../terminal/colour.ts';
import { readAll } from '../terminal/streams.ts';
import { Deadline } from './deadline.ts';
import { judgePush, type PushVerdict } from './judge-push.ts';
import { changeOfProtection, refusal } from './report.ts';

const defaultSeconds = 60;
/** What a pusher writes behind `git push -o` where a change of the rules is meant. */
const pushOption = 'sops.weakened';

/**
 * `hook pre-receive`, on a server: judges all commits that a push brings before any ref moves. It looks for no identity. The
 * objects are in Git's quarantine, which the environment names to every Git that is asked here.
 */
export async function preReceive(io: Io): Promise<number> {
  const updates = readReceivedRefs((await readAll(io.stdin)).toString());
  const deadline = new Deadline(secondsOf(await getConfig('sops.receiveSeconds')));
  const blobs = new BlobReader({ signal: deadline.signal });
  try {
    const verdict = await judgePush(updates, blobs, io, {
      // Refs have not moved yet, so these are what was here before.
      known: ['--not', '--all'],
      agreed: await defaultBranch(),
      first: (await runGit(['for-each-ref', '--count=1'])).stdout.length === 0,
      keyring: null,
      deadline,
    });
    io.trace(
      `pre-receive: ${verdict.commits} commits, ${verdict.files} covered files, ${verdict.findings.length} findings`,
    );
    return await answer(verdict, io);
  } catch (error) {
    if (!deadline.passed && !(error instanceof GitSopsError)) throw error;
    io.stderr.write('git-sops: the push is refused\n');
    if (!deadline.passed) return io.report(error) || 1;
    try {
      deadline.check();
    } catch (late) {
      io.report(late);
    }
    return 1;
  } finally {
    await deadline.end();
    if (!deadline.passed) await blobs.close();
  }
}

async function answer({ files, findings, weakened }: PushVerdict, io: Io): Promise<number> {
  const accepted = weakened.length === 0 || (await getConfig('sops.weakened')) === 'report' || isMeant(io);
  const refused = accepted ? findings : [...findings, ...weakened];
  const colour = colourOn(io.stderr, io);
  if (accepted && weakened.length > 0) io.stderr.write(changeOfProtection(weakened, files, colour));
  if (refused.length === 0) return 0;
  io.stderr.write(refusal(refused, files, colour));
  if (!accepted) io.stderr.write(`\n${await howToMean()}\n`);
  return 1;
}

async function howToMean(): Promise<string> {
  return (await getConfig('receive.advertisePushOptions')) === 'true'
    ? `Where the change of the protection is meant:\n  git push -o ${pushOption}`
    : 'Where the change of the protection is meant, whoever runs the server can let it through:\n  git config sops.weakened report';
}

function isMeant({ env }: Io): boolean {
  const count = Number(env['GIT_PUSH_OPTION_COUNT'] ?? 0);
  return Array.from({ length: count }, (_, i) => env[`GIT_PUSH_OPTION_${i}`]).includes(pushOption);
}

/** Null before it has a commit. */
async function defaultBranch(): Promise<{ ref: string; tip: string } | null> {
  const ref = (await runGit(['symbolic-ref', '--quiet', 'HEAD'], { okCodes: [0, 1] })).stdout.toString().trim();
  const { stdout, code } = await runGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], {
    okCodes: [0, 1, 128],
  });
  return code === 0 ? { ref, tip: stdout.toString().trim() } : null;
}

function secondsOf(setting: string | null): number {
  const seconds = Number(setting ?? defaultSeconds);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  const detail = 'sops.receiveSeconds is not a number of seconds';
  throw new GitSopsError('wrong-use', { detail, other: 'git config sops.receiveSeconds 60' });
}
