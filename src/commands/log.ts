import { GitSopsError } from '../errors.ts';
import { BlobReader } from '../git/blob-reader.ts';
import type { GitPath } from '../git/path.ts';
import { headCommit } from '../git/revision.ts';
import { escapeText, quotePath } from '../quote.ts';
import { showKeyPath } from '../tree/key-path.ts';
import { showAge } from './history/age.ts';
import { committedFiles, warnIfShallow } from './history/committed-files.ts';
import { type KeyChange, keyChanges } from './history/key-changes.ts';
import { type LastChange, lastChanges } from './history/last-changes.ts';
import type { Io } from './io.ts';
import { atTop } from './repository/at-top.ts';
import { parseOptions } from './terminal/options.ts';
import { alignColumns } from './terminal/table.ts';

const spec = {
  name: 'log',
  summary: 'when each encrypted value last changed, by whom and in which commit; no key is needed',
  operands: '[PATH [KEYPATH]]',
  options: { json: { type: 'boolean', help: 'for machines' } },
  examples: [
    ['git sops log', 'every covered file'],
    ['git sops log secrets/db.yaml', 'one file'],
    ['git sops log secrets/db.yaml db.password', 'every change of one value, or of all below it'],
  ],
} as const;

export async function log(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const [given, keyPath, ...more] = parsed.operands;
  if (more.length > 0) {
    throw new GitSopsError('wrong-use', {
      detail: 'log takes one path and one key path',
      other: 'git sops log --help',
    });
  }
  const { io, path } = await atTop(outer);
  const head = await headCommit();
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    await warnIfShallow(io);
    const under = given === undefined ? [] : [path(given)];
    if (keyPath !== undefined && under[0] !== undefined) {
      const changes = head === null ? [] : await keyChanges(head, under[0], below(keyPath), blobs);
      if (changes.length === 0) throw new GitSopsError('no-such-value', { file: under[0], keyPath });
      io.stdout.write(parsed.values.json ? changesJson(under[0], keyPath, changes) : changesTable(changes, io.now()));
      return 0;
    }
    const files = head === null ? [] : await committedFiles(head, under, io, blobs);
    if (files.length === 0) throw new GitSopsError('nothing-encrypted', { detail: given });
    const found = await lastChanges(head ?? '', files, blobs);
    io.stdout.write(parsed.values.json ? lastJson(head, found) : lastTable(found, io.now()));
    return 0;
  } finally {
    await blobs.close();
  }
}

/** At a key path or below it, as shown (`a.b[0]`) or as sops writes it (`["a"]["b"][0]`). */
function below(given: string): (keyPath: string) => boolean {
  const wanted = /^(\[("([^"\\]|\\.)*"|\d+)\])+$/.test(given)
    ? showKeyPath([...given.matchAll(/\[("(?:[^"\\]|\\.)*"|\d+)\]/g)].map(([, part]) => JSON.parse(part ?? '""')))
    : given;
  return (keyPath) => keyPath === wanted || keyPath.startsWith(`${wanted}.`) || keyPath.startsWith(`${wanted}[`);
}

function lastTable(found: readonly LastChange[], now: Date): string {
  return [...byPath(found)]
    .map(([path, changes]) => {
      const rows = changes.map(({ keyPath, document, commit, reencrypted }) => [
        `  ${shownKey(keyPath, document)}`,
        commit.date.slice(0, 10),
        showAge(commit.date, now),
        commit.oid.slice(0, 10),
        escapeText(commit.author.name),
        escapeText(commit.subject) + (reencrypted ? ' (whole file re-encrypted)' : ''),
      ]);
      return `${quotePath(path)}\n${alignColumns(rows)}`;
    })
    .join('\n');
}

function changesTable(changes: readonly KeyChange[], now: Date): string {
  return alignColumns(
    changes.map(({ what, keyPath, document, commit }) => [
      commit.date.slice(0, 10),
      showAge(commit.date, now),
      commit.oid.slice(0, 10),
      what,
      shownKey(keyPath, document),
      escapeText(commit.author.name),
      escapeText(commit.subject),
    ]),
  );
}

function lastJson(head: string | null, found: readonly LastChange[]): string {
  const files = [...byPath(found)].map(([path, changes]) => ({
    path,
    values: changes.map(({ keyPath, document, commit, reencrypted }) => ({
      keyPath,
      document,
      ...commitFacts(commit),
      reencrypted,
    })),
  }));
  return `${JSON.stringify({ version: 1, head, files }, null, 2)}\n`;
}

function changesJson(path: GitPath, keyPath: string, changes: readonly KeyChange[]): string {
  const list = changes.map(({ commit, ...change }) => ({ ...change, ...commitFacts(commit) }));
  return `${JSON.stringify({ version: 1, path, keyPath, changes: list }, null, 2)}\n`;
}

export function commitFacts({ oid, author, date, subject }: LastChange['commit']) {
  return { commit: oid, author, date, subject };
}

/** Further documents of a file are told apart by their number, from 1. */
export function shownKey(keyPath: string, document: number): string {
  return document === 0 ? keyPath : `${keyPath} (document ${document + 1})`;
}

function byPath(found: readonly LastChange[]): Map<GitPath, LastChange[]> {
  const paths = new Map<GitPath, LastChange[]>();
  for (const change of found) paths.set(change.path, [...(paths.get(change.path) ?? []), change]);
  return paths;
}
