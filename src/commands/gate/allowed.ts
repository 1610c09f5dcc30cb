import { type Allowed, parseAllowList, settingsName } from '../../document/allow-list.ts';
import type { Finding } from '../../document/finding.ts';
import { GitSopsError } from '../../errors.ts';
import type { GitPath } from '../../git/path.ts';

/** A finding that somebody accepted, and why. */
export interface Accepted {
  readonly finding: Finding;
  readonly reason: string;
}

export interface Sorted {
  readonly findings: Finding[];
  readonly accepted: Accepted[];
  /** Sentences about entries that have run out. */
  readonly warnings: string[];
}

/**
 * The allow-list of a snapshot.
 * @throws GitSopsError `invalid-settings`
 */
export async function readAllowList(read: (path: GitPath) => Promise<Uint8Array | null>): Promise<Allowed[]> {
  const source = await read(settingsName);
  return source === null ? [] : await parseAllowList(source);
}

/** What was agreed on before a change. A list that cannot be read agreed to nothing: the change that mends it must be able to pass. */
export async function allowedBefore(read: (path: GitPath) => Promise<Uint8Array | null>): Promise<Allowed[]> {
  try {
    return await readAllowList(read);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return [];
  }
}

/** Takes out what the list accepts. An entry without its day left accepts nothing, and says so where it would have. */
export function sortOutAllowed(findings: readonly Finding[], list: readonly Allowed[], now: Date): Sorted {
  const sorted: Sorted = { findings: [], accepted: [], warnings: [] };
  if (list.length === 0) return { ...sorted, findings: [...findings] };
  const today = now.toISOString().slice(0, 10);
  const expired = new Set<Allowed>();
  for (const finding of findings) {
    const fits = list.filter((entry) => entry.kinds.includes(finding.kind) && entry.fits(finding.path));
    const entry = fits.find(({ expires }) => expires === null || expires >= today);
    if (entry !== undefined) sorted.accepted.push({ finding, reason: entry.reason });
    else {
      sorted.findings.push(finding);
      for (const old of fits) expired.add(old);
    }
  }
  for (const { path, line, expires } of expired) {
    sorted.warnings.push(`${settingsName} line ${line}: what was accepted at ${path} ran out on ${expires}`);
  }
  return sorted;
}
