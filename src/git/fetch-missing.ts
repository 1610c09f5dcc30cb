import { splitNul } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** Of a partial clone: the remote that promised what is not here, and which objects it was asked to leave out. */
export interface Promisor {
  readonly remote: string;
  /** As `git clone --filter` takes it, such as `blob:none`; empty where Git did not note it. */
  readonly filter: string;
}

/** Null where the clone is whole. */
export async function promisorOf(options?: SpawnGitOptions): Promise<Promisor | null> {
  const args = ['config', '-z', '--get-regexp', '^remote\\..*\\.(promisor|partialclonefilter)$'];
  const { stdout } = await runGit(args, { ...options, okCodes: [0, 1] });
  const entries = splitNul(stdout).map((entry) => entry.toString());
  const settings = entries.flatMap((entry) => {
    const [, remote = '', name, value = 'true'] = /^remote\.(.*)\.(\w+)(?:\n(.*))?$/s.exec(entry) ?? [];
    return name === undefined ? [] : [{ remote, name, value }];
  });
  const promised = settings.find(({ name, value }) => name === 'promisor' && /^(?:true|yes|on|1)$/i.test(value));
  if (promised === undefined) return null;
  const { remote } = promised;
  const filter = settings.find((one) => one.name === 'partialclonefilter' && one.remote === remote)?.value ?? '';
  return { remote, filter };
}

/** The size above which a filter leaves blobs out, in bytes; 0 where it leaves out others too. */
export function limitOf({ filter }: Promisor): number {
  const [, digits = '0', unit = ''] = /^blob:limit=(\d+)([kmg]?)$/i.exec(filter) ?? [];
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
}

/** Fetches all of them at once, where Git would ask for each by itself when it is read. @throws GitSopsError `git-failed` */
export async function fetchMissing(
  { remote }: Promisor,
  oids: readonly string[],
  options: SpawnGitOptions = {},
): Promise<void> {
  const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--recurse-submodules=no'];
  // What Git itself does for a missing object (promisor-remote.c): no need to tell the other side what is here.
  const args = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', ...quiet, '--filter=blob:none', '--stdin', remote];
  await runGit(args, { ...options, input: `${oids.join('\n')}\n`, lazyFetch: true });
}
