import { readFileSync } from 'node:fs';
import type { Finding } from '../../document/finding.ts';
import { fingerprintOf } from '../../document/fingerprint.ts';
import { GitSopsError } from '../../errors.ts';
import { replaceFile } from '../../git/work-file.ts';
import type { Accepted } from '../gate/allowed.ts';

interface Entry {
  readonly fingerprint: string;
  readonly kind: string;
  readonly path: string;
  readonly keyPath?: string | undefined;
}

/** @throws GitSopsError `invalid-baseline` also where there is no such file: a lost baseline is no empty one */
export function readBaseline(file: string): ReadonlySet<string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    throw invalid(file, code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`);
  }
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw invalid(file, 'it is no JSON');
  }
  const { version, accepted } = (read ?? {}) as { version?: unknown; accepted?: unknown };
  if (version !== 1 || !Array.isArray(accepted)) throw invalid(file, 'it has no list of accepted findings');
  return new Set(
    accepted.map((entry: Partial<Entry> | null) => {
      if (typeof entry?.fingerprint === 'string') return entry.fingerprint;
      throw invalid(file, 'an entry has no fingerprint');
    }),
  );
}

/** Takes out what the baseline knows. */
export function sortOutKnown(
  findings: readonly Finding[],
  baseline: ReadonlySet<string>,
): { findings: Finding[]; accepted: Accepted[] } {
  const sorted: { findings: Finding[]; accepted: Accepted[] } = { findings: [], accepted: [] };
  for (const finding of findings) {
    if (baseline.has(fingerprintOf(finding))) sorted.accepted.push({ finding, reason: 'in the baseline' });
    else sorted.findings.push(finding);
  }
  return sorted;
}

/** Accepts these findings, and nothing else, from now on. Kind and path are for people; only the fingerprint counts. */
export async function writeBaseline(file: string, findings: readonly Finding[]): Promise<void> {
  const entries = new Map<string, Entry>();
  for (const finding of findings) {
    const { kind, path, keyPath } = finding;
    const fingerprint = fingerprintOf(finding);
    entries.set(fingerprint, { fingerprint, kind, path, keyPath });
  }
  const accepted = [...entries.values()].sort(
    (a, b) => compare(a.path, b.path) || compare(a.fingerprint, b.fingerprint),
  );
  await replaceFile(file, Buffer.from(`${JSON.stringify({ version: 1, accepted }, null, 2)}\n`), null);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function invalid(file: string, detail: string): GitSopsError {
  return new GitSopsError('invalid-baseline', { file, detail });
}
