import { createHash } from 'node:crypto';
import { type Finding, findingKinds } from './finding.ts';

/**
 * Which finding this is, for baselines: who accepts a leak accepts this blob's and no later one at the same place, while
 * something like drift stays accepted as long as it says the same. 32 hexadecimal digits.
 */
export function fingerprintOf({ kind, path, keyPath, oid, detail, line }: Finding): string {
  const content = findingKinds[kind].bound === 'content';
  // A working file has no id; then the place has to do.
  const bound = content ? (oid ?? null) : (detail ?? null);
  // One file may hold several keys.
  const place = kind === 'private-key' ? (line ?? null) : null;
  return digest(['git-sops finding', kind, path, keyPath ?? null, place, bound]);
}

/** The same for code scanning services, which want to know a finding again when the file was edited elsewhere. */
export function placeFingerprintOf({ kind, path, keyPath }: Finding): string {
  return digest([kind, path, keyPath ?? '']);
}

function digest(parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
