import { nodeBackend } from '../crypto/node-backend.ts';
import { silently } from '../document/ask-once.ts';
import { selectorFor } from '../document/creation-rule.ts';
import { recipientDrift } from '../document/recipient-drift.ts';
import { type Smudged, smudgeFile } from '../document/smudge.ts';
import { readSopsFile, type SopsFile } from '../document/sops-file.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader, treeObject } from '../git/blob-reader.ts';
import { readWorkFile } from '../git/work-file.ts';
import { recipientsOf } from '../keys/key-group.ts';
import type { Keyring } from '../keys/keyring.ts';
import { escapeText, quotePath } from '../quote.ts';
import { sameSelector } from '../tree/selector.ts';
import type { Io } from './io.ts';
import { pendingRequests } from './recipients/requests.ts';
import { ruleFiles } from './recipients/rule-files.ts';
import { atTop } from './repository/at-top.ts';
import { type CoveredFile, coveredFiles, filesInConflict } from './repository/covered-files.ts';
import { openKeyring } from './repository/keyring.ts';
import { requireTracked } from './repository/named-paths.ts';
import { type DiffKind, diffHere } from './set-up/diff-choice.ts';
import { hookHere } from './set-up/hook-plan.ts';
import { lockedHere, readSetting } from './set-up/set-up.ts';
import { type Reader, readersCell, readersOf, readersTable } from './status/status-people.ts';
import { parseOptions } from './terminal/options.ts';
import { alignColumns } from './terminal/table.ts';

const spec = {
  name: 'status',
  summary:
    'every covered file: plaintext or locked here, encrypted in index and HEAD, who can read it, drift from the rules',
  operands: '[PATH…]',
  options: {
    json: { type: 'boolean', help: 'for machines' },
    age: { type: 'boolean', help: 'the encrypted values by age instead, from history' },
    'older-than': { type: 'string', value: 'AGE', help: 'with --age: only older ones; 90d, 12w, 6m, 1y' },
  },
  examples: [
    ['git sops status', 'a table'],
    ['git sops status --json secrets', 'one folder, as JSON'],
    ['git sops status --age --older-than 90d', 'what to rotate'],
  ],
} as const;

type Stored = 'encrypted' | 'plaintext' | 'empty' | 'broken' | 'absent';

interface Row {
  readonly path: string;
  /** `unknown`: no ciphertext, and without a key nobody can tell whether it is what Git stores. `broken`: ciphertext that no key opens any more. */
  readonly here: 'plaintext' | 'locked' | 'changed' | 'absent' | 'unknown' | 'broken';
  /** `conflict`: not resolved yet; the rest of the row is about our side. */
  readonly index: Stored | 'conflict';
  readonly head: Stored;
  readonly recipients: readonly string[];
  /** Which of the recipients are identities that are here. */
  readonly you: readonly string[];
  readonly drift: readonly ('recipients' | 'selector' | 'no rule' | 'no attribute')[];
  /** RFC 3339; null for a file that is not encrypted. */
  readonly lastModified: string | null;
}

export async function status(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  const { io, path } = await atTop(outer);
  const under = parsed.operands.map(path);
  await requireTracked(under);
  const { json = false, age = false, 'older-than': olderThan = null } = parsed.values;
  if (age || olderThan !== null) {
    const { statusAge } = await import('./status/status-age.ts');
    return statusAge({ under, olderThan, json }, io);
  }
  const keyring = openKeyring(io);
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const rows: Row[] = [];
    // First what needs hands.
    for (const file of await filesInConflict(io, blobs, under)) {
      rows.push({ ...(await rowOf(file, io, blobs, keyring)), index: 'conflict' });
    }
    for (const file of await coveredFiles(io, blobs, under)) rows.push(await rowOf(file, io, blobs, keyring));
    const clone = await cloneState(io);
    const people = readersOf(rows, await ruleFiles(io.cwd, blobs));
    const requests = await pendingRequests(io.cwd);
    const report = { version: 1, clone, files: rows, people, requests };
    io.stdout.write(
      json
        ? `${JSON.stringify(report, null, 2)}\n`
        : `${table(rows, people, io.now())}${readersTable(people, encryptedIn(rows))}${requestsLine(requests.length)}${leakLine(rows)}${brokenLine(rows)}\n${cloneLine(clone)}`,
    );
    for (const warning of keyring.warnings()) io.stderr.write(`git-sops: ${escapeText(warning)}\n`);
    return 0;
  } finally {
    await blobs.close();
  }
}

async function rowOf(file: CoveredFile, io: Io, blobs: BlobReader, keyring: Keyring): Promise<Row> {
  const { path, oid, rule, filtered } = file;
  const blob = (await blobs.read(oid))?.content ?? null;
  const head = (await blobs.read(treeObject('HEAD', path)))?.content ?? null;
  const working = readWorkFile(io.cwd, path)?.content ?? null;
  const index = await stored(path, blob);
  const recipients = index.file === null ? [] : recipientsOf(index.file.metadata.keyGroups);
  const own = new Set(await keyring.ownRecipients(recipients));
  const drift: Row['drift'][number][] = [];
  if (rule === null) drift.push('no rule');
  if (!filtered) drift.push('no attribute');
  if (rule !== null && index.file !== null) {
    if (recipientDrift(index.file, rule.rule) !== null) drift.push('recipients');
    const selector = selectorFor(rule.rule, index.file.format.name);
    if (!sameSelector(index.file.metadata.selector, selector)) drift.push('selector');
  }
  // Ciphertext can be told by its bytes; that it was tampered with is not worth a passphrase.
  const inPlaintext = working !== null && blob !== null && Buffer.compare(working, blob) !== 0;
  const smudged =
    blob === null ? null : await smudgeFile(path, blob, inPlaintext ? keyring : silently(keyring), nodeBackend);
  const inIndex = smudged?.state === 'broken' ? 'broken' : index.state;
  const asInIndex = head !== null && blob !== null && Buffer.compare(head, blob) === 0;
  return {
    path,
    here: hereOf(working, blob, smudged),
    index: inIndex,
    head: asInIndex ? inIndex : await inHead(path, head, keyring),
    recipients,
    you: recipients.filter((recipient) => own.has(recipient)),
    drift,
    lastModified: index.file?.metadata.lastModified ?? null,
  };
}

function hereOf(working: Uint8Array | null, blob: Uint8Array | null, smudged: Smudged | null): Row['here'] {
  if (working === null) return 'absent';
  if (blob === null || smudged === null) return 'changed';
  // What does not become plaintext stays the blob.
  const same = Buffer.compare(working, smudged.bytes) === 0;
  switch (smudged.state) {
    case 'plaintext':
      return same ? 'plaintext' : Buffer.compare(working, blob) === 0 ? 'locked' : 'changed';
    case 'not-encrypted':
      return same ? 'plaintext' : 'changed';
    default:
      return same ? smudged.state : 'unknown';
  }
}

async function inHead(path: string, blob: Uint8Array | null, keyring: Keyring): Promise<Stored> {
  const { state } = await stored(path, blob);
  if (state !== 'encrypted' || blob === null) return state;
  return (await smudgeFile(path, blob, silently(keyring), nodeBackend)).state === 'broken' ? 'broken' : state;
}

async function stored(path: string, blob: Uint8Array | null): Promise<{ state: Stored; file: SopsFile | null }> {
  if (blob === null) return { state: 'absent', file: null };
  if (blob.length === 0) return { state: 'empty', file: null };
  try {
    const file = await readSopsFile(path, blob);
    return { state: file === null ? 'plaintext' : 'encrypted', file };
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return { state: 'broken', file: null };
  }
}

/** How this clone is set up. */
interface CloneState {
  /** What a checkout writes; null where the filter is not registered. */
  readonly filter: 'plaintext' | 'ciphertext' | null;
  /** Who judges commits. */
  readonly hook: readonly string[];
  /** What git diff shows; null where another program does that. */
  readonly diff: DiffKind | null;
}

async function cloneState(io: Io): Promise<CloneState> {
  const registered = (await readSetting('filter.sops.process')) !== null;
  const { native, awake } = await hookHere(io);
  const hook: string[] = awake.map(({ manager }) => manager);
  if (native.state !== 'none' && native.broken === null) hook.push('native');
  const shown = (await lockedHere()) ? 'ciphertext' : 'plaintext';
  return { filter: registered ? shown : null, hook, diff: await diffHere() };
}

function cloneLine({ filter, hook, diff }: CloneState): string {
  const parts = [
    `filter: ${filter ?? 'none'}`,
    `hook: ${hook.join(', ') || 'none'}`,
    `diff: ${diff ?? 'another program'}`,
  ];
  const doctor = filter === null || hook.length === 0 ? ' (git sops doctor says how to mend that)' : '';
  return `This clone has ${parts.join(', ')}${doctor}\n`;
}

function requestsLine(count: number): string {
  if (count === 0) return '';
  return `\n${count === 1 ? 'One request' : `${count} requests`} to read (git sops recipients shows who asks)\n`;
}

/** A leak in a commit is more than a cell of a table. */
function leakLine(rows: readonly Row[]): string {
  const leaked = rows.filter(({ head }) => head === 'plaintext');
  if (leaked.length === 0) return '';
  return `\nPLAINTEXT IN HEAD: ${some(leaked)}\n  encrypt it from now on (git add --renormalize .), and change these secrets at their source: history keeps them\n`;
}

function brokenLine(rows: readonly Row[]): string {
  const broken = rows.filter(({ index }) => index === 'broken');
  if (broken.length === 0) return '';
  return `\nBROKEN: ${some(broken)}\n  no reader decrypts that: it was changed outside of sops, or damaged; git sops check says where, and what mends it\n`;
}

function some(rows: readonly Row[]): string {
  const more = rows.length > 5 ? ` and ${rows.length - 5} more` : '';
  return `${rows
    .slice(0, 5)
    .map(({ path }) => quotePath(path))
    .join(', ')}${more}`;
}

function encryptedIn(rows: readonly Row[]): number {
  return rows.filter(({ recipients }) => recipients.length > 0).length;
}

function table(rows: readonly Row[], people: readonly Reader[], now: Date): string {
  if (rows.length === 0) return 'No tracked file is covered by a creation rule.\n';
  const head = ['FILE', 'HERE', 'INDEX', 'HEAD', 'RECIPIENTS', 'AGE', 'DRIFT'];
  const cells = rows.map((row) => [
    quotePath(row.path),
    row.here,
    row.index,
    row.head,
    readersCell(row.recipients, people),
    row.lastModified === null ? '-' : ageOf(row.lastModified, now),
    row.drift.join(', ') || '-',
  ]);
  return alignColumns([head, ...cells]);
}

function ageOf(lastModified: string, now: Date): string {
  const days = Math.floor((now.getTime() - Date.parse(lastModified)) / 86_400_000);
  return Number.isNaN(days) ? '?' : days < 1 ? 'today' : `${days} d`;
}
