import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { isNeverCovered } from '../../document/rule-finder.ts';
import { checkAttributes } from '../../git/attributes.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { indexObject } from '../../git/blob-reader.ts';
import { type IndexEntry, listIndex } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { shellQuote } from '../../quote.ts';
import { readSetting } from '../set-up/set-up.ts';
import type { OldFile, OldSetup, OldTool } from './old-setup.ts';

/** Every other tool that encrypts files of this index. */
export async function findSetups(blobs: BlobReader): Promise<OldSetup[]> {
  const entries = (await listIndex()).filter(({ stage, kind }) => stage === 0 && kind === 'file');
  const secret = await gitSecret(entries, blobs);
  return [...(await filters(entries)), ...(secret === null ? [] : [secret])];
}

async function filters(entries: readonly IndexEntry[]): Promise<OldSetup[]> {
  const attributes = await checkAttributes(
    entries.map(({ path }) => path),
    ['filter'],
  );
  const setups = new Map<OldTool, { filters: Set<string>; files: OldFile[]; opened: GitPath[]; settings: string[] }>();
  const tools = new Map<string, OldTool | null>();
  for (const { path, mode } of entries) {
    const filter = attributes.get(path)?.filter ?? 'unspecified';
    if (['unspecified', 'unset', 'set'].includes(filter)) continue;
    const tool = tools.has(filter) ? (tools.get(filter) ?? null) : await toolOf(filter);
    tools.set(filter, tool);
    if (tool === null) continue;
    const setup = setups.get(tool) ?? { filters: new Set(), files: [], opened: [], settings: [] };
    if (!setup.filters.has(filter)) setup.settings.push(...(await overwritten(filter)));
    setup.filters.add(filter);
    if (isNeverCovered(path)) setup.opened.push(path);
    else setup.files.push({ path, stored: path, mode, digest: null });
    setups.set(tool, setup);
  }
  return [...setups].map(([tool, { filters, files, opened, settings }]) => ({
    tool,
    filters: [...filters],
    files,
    opened,
    leftovers: [],
    users: tool === 'git-crypt' ? usersOf(entries) : [],
    settings,
  }));
}

/** git-crypt keeps its key in `.git-crypt/keys/NAME/VERSION/FINGERPRINT.gpg`. */
function usersOf(entries: readonly IndexEntry[]): string[] {
  const found = entries.map(({ path }) => /^\.git-crypt\/keys\/.*\/([0-9A-F]+)\.gpg$/.exec(path)?.[1]);
  return [...new Set(found)].filter((fingerprint) => fingerprint !== undefined);
}

async function toolOf(filter: string): Promise<OldTool | null> {
  if (/^git-crypt(?:-|$)/.test(filter)) return 'git-crypt';
  if (/^crypt(?:-|$)/.test(filter)) return 'transcrypt';
  const clean = (await readSetting(`filter.${filter}.clean`)) ?? '';
  // Ours is a filter of sops too.
  return /\bsops\b/.test(clean) && !/git-?sops|plumbing\.c?js|\bsops clean\b/.test(clean) ? 'sops-filter' : null;
}

/** A filter of the name that is ours from now on. */
async function overwritten(filter: string): Promise<string[]> {
  if (filter !== 'sops') return [];
  const commands: string[] = [];
  for (const name of ['filter.sops.clean', 'filter.sops.smudge', 'filter.sops.required', 'diff.sops.textconv']) {
    const value = await readSetting(name, '--local');
    if (value !== null) commands.push(`git config ${name} ${shellQuote(value)}`);
  }
  return commands;
}

/** git-secret: `.gitsecret/paths/mapping.cfg` says what is hidden, each line a path and the digest of its plaintext. */
async function gitSecret(entries: readonly IndexEntry[], blobs: BlobReader): Promise<OldSetup | null> {
  const mapping = entries.find(({ path }) => /(?:^|\/)\.gitsecret\/paths\/mapping\.cfg$/.test(path))?.path;
  if (mapping === undefined) return null;
  const folder = posix.dirname(posix.dirname(mapping));
  const top = posix.dirname(folder);
  const known = new Set(entries.map(({ path }) => path));
  const text = (await blobs.read(indexObject(mapping)))?.content.toString() ?? '';
  const files: OldFile[] = [];
  for (const line of text.split('\n')) {
    const [, name, digest = ''] = /^(.+?)(?::([0-9a-f]{64})?)?$/.exec(line.trim()) ?? [];
    if (name === undefined) continue;
    const path = posix.join(top, name);
    const stored = `${path}.secret`;
    if (known.has(stored)) files.push({ path, stored, mode: '100644', digest: digest === '' ? null : digest });
  }
  const leftovers = [...known].filter((path) => path.startsWith(`${folder}/`));
  return { tool: 'git-secret', filters: [], files, opened: [], leftovers, users: [], settings: [] };
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
