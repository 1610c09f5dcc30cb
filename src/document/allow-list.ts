import { GitSopsError } from '../errors.ts';
import { readYamlData } from '../format/yaml/data.ts';
import { compileAllowGlob } from './allow-glob.ts';
import { type FindingKind, findingKinds } from './finding.ts';

export const settingsName = '.git-sops.yaml';

/** An entry of `.git-sops.yaml`'s `allow`: findings that somebody looked at and accepts. */
export interface Allowed {
  /** A glob over whole paths from the top; `**` crosses folders. */
  readonly path: string;
  /** Whether the glob takes this path. */
  fits(path: string): boolean;
  readonly kinds: readonly FindingKind[];
  /** Why; for whoever reads it next year. */
  readonly reason: string;
  /** The last day on which it holds, `2027-01-31`; null for ever. */
  readonly expires: string | null;
  /** In the file, from 1. */
  readonly line: number;
}

const known = ['path', 'kinds', 'reason', 'expires'];

/** @throws GitSopsError `invalid-settings` with its line: a misspelled expiry must not make an entry eternal */
export async function parseAllowList(source: Uint8Array): Promise<Allowed[]> {
  const { value: root, lineOf } = readSettings(source);
  if (root === null) return [];
  if (!isRecord(root)) throw invalid(1, 'its top level is no mapping');
  const unknown = Object.keys(root).find((name) => name !== 'allow');
  if (unknown !== undefined) throw invalid(lineOf([unknown]), `there is no setting ${JSON.stringify(unknown)}`);
  const list = root['allow'] ?? [];
  if (!Array.isArray(list)) throw invalid(lineOf(['allow']), 'allow is no list');
  return Promise.all(list.map((entry, i) => readEntry(entry, lineOf(['allow', i]))));
}

/** Whether an entry accepts no more than another one did: same glob, no further kind, no later expiry. */
export function isWithin(entry: Allowed, other: Allowed): boolean {
  return (
    entry.path === other.path &&
    entry.kinds.every((kind) => other.kinds.includes(kind)) &&
    (other.expires === null || (entry.expires !== null && entry.expires <= other.expires))
  );
}

function readSettings(source: Uint8Array) {
  try {
    return readYamlData(new TextDecoder('utf-8', { fatal: true }).decode(source));
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw invalid(1, 'it is not UTF-8');
    throw invalid(error.facts.line ?? 1, error.facts.detail ?? error.message);
  }
}

async function readEntry(entry: unknown, line: number): Promise<Allowed> {
  if (!isRecord(entry)) throw invalid(line, 'an entry of allow is no mapping');
  const unknown = Object.keys(entry).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(line, `an entry of allow takes ${known.join(', ')}, not ${unknown}`);
  const { path, kinds, reason, expires = null } = entry;
  if (typeof path !== 'string' || path === '') throw invalid(line, 'an entry of allow needs a path');
  if (typeof reason !== 'string' || reason.trim() === '') throw invalid(line, 'an entry of allow needs a reason');
  if (!Array.isArray(kinds) || kinds.length === 0) throw invalid(line, 'an entry of allow needs a list of kinds');
  const strange = kinds.find((kind) => !Object.hasOwn(findingKinds, String(kind)));
  if (strange !== undefined) throw invalid(line, `there is no kind of finding ${JSON.stringify(strange)}`);
  if (expires !== null && !isDay(expires)) throw invalid(line, 'expires is no day such as 2027-01-31');
  const fits = await compileAllowGlob(path);
  if (fits === null) throw invalid(line, 'its path is no glob of at most 1000 characters without !(…) and (?…)');
  return { path, fits, kinds: kinds as FindingKind[], reason: reason.trim(), expires: expires as string | null, line };
}

function isDay(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
}

function isRecord(value: unknown): value is { readonly [entry: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(line: number, detail: string): GitSopsError {
  return new GitSopsError('invalid-settings', { file: settingsName, line, detail });
}
