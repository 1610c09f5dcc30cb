import { runGit } from '../../git/run.ts';

/**
 * The refs here that say what a remote has, as arguments of `git rev-list`; empty where there are none. What another remote fetches is
 * not among them, though its name may lie below this one's: `origin/x` beside `origin`.
 * @param remote its name
 * @param url where the push goes; null where nobody said so
 */
export async function trackingRefs(remote: string, url: string | null): Promise<string[]> {
  if (remote === '' || !(await isFetchedFrom(remote, url))) return [];
  const fetched = await fetchedRefs();
  const below = `refs/remotes/${remote}/`;
  const own = fetched.filter((one) => one.remote === remote && one.refs.startsWith(below));
  const others = fetched.filter((one) => one.remote !== remote).map(({ refs }) => `--exclude=${refs}`);
  const args = own.flatMap(({ refs }) => [...others, `--exclude=${below}HEAD`, `--glob=${asGlob(refs)}`]);
  if (args.length === 0) return [];
  const { stdout } = await runGit(['rev-list', '--max-count=1', ...args]);
  return stdout.length === 0 ? [] : args;
}

/** A remote may fetch from one place and push to another (`pushurl`, several `url`, `pushInsteadOf`), which has its own refs. */
async function isFetchedFrom(remote: string, url: string | null): Promise<boolean> {
  const fetch = await urlsOf(remote);
  const push = url === null ? await urlsOf(remote, '--push', '--all') : [url];
  return fetch.length > 0 && push.every((one) => one === fetch[0]);
}

/** Empty for a remote that is only a URL. */
async function urlsOf(remote: string, ...args: readonly string[]): Promise<string[]> {
  const { stdout, code } = await runGit(['remote', 'get-url', ...args, '--', remote], { okCodes: [0, 2, 128] });
  return code === 0 ? stdout.toString().split('\n').slice(0, -1) : [];
}

/** Where fetches put what they bring, by the configuration: `refs/remotes/origin/*`. */
async function fetchedRefs(): Promise<{ remote: string; refs: string }[]> {
  const { stdout } = await runGit(['config', '-z', '--get-regexp', '^remote\\..*\\.fetch$'], { okCodes: [0, 1] });
  return stdout
    .toString()
    .split('\0')
    .flatMap((entry) => {
      const [, remote, refspec = ''] = /^remote\.(.*)\.fetch\n(.*)$/s.exec(entry) ?? [];
      const refs = /^[^^][^:]*:(.+)$/.exec(refspec)?.[1];
      return remote === undefined || refs === undefined ? [] : [{ remote, refs }];
    });
}

/** Git puts a `*` behind what has none. A clone of a single branch fetches just that. */
function asGlob(refs: string): string {
  return refs.includes('*') ? refs : `${refs.slice(0, -1)}[${refs.slice(-1)}]`;
}
