import { nodeBackend } from '../crypto/node-backend.ts';
import { selectorFor } from '../document/creation-rule.ts';
import { smudgeFile } from '../document/smudge.ts';
import { readSopsFile, type SopsFile } from '../document/sops-file.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader, treeObject } from '../git/blob-reader.ts';
import { quotePath } from '../git/quote.ts';
import { readWorkFile } from '../git/work-file.ts';
import { recipientsOf } from '../keys/key-group.ts';
import { createKeyring, type Keyring } from '../keys/keyring.ts';
import { sameSelector } from '../tree/selector.ts';
import { atTop } from './at-top.ts';
import { type CoveredFile, coveredFiles } from './covered-files.ts';
import type { Io } from './io.ts';
import { parseOptions } from './options.ts';

const spec = {
  name: 'status',
  summary:
    'every covered file: plaintext or locked here, encrypted in index and HEAD, its recipients, drift from the rules',
  operands: '[PATH…]',
  options: { json: { type: 'boolean', help: 'for machines' } },
  examples: [
    ['git sops status', 'a table'],
    ['git sops status --json secrets', 'one folder, as JSON'],
  ],
} as const;

type Stored = 'encrypted' | 'plaintext' | 'empty' | 'broken' | 'absent';

interface Row {
  readonly path: string;
  readonly here: 'plaintext' | 'locked' | 'changed' | 'absent';
  readonly index: Stored;
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
  const keyring = createKeyring({ env: io.env, platform: io.platform, home: io.home });
  const blobs = new BlobReader();
  try {
    const rows: Row[] = [];
    for (const file of await coveredFiles(io, blobs, parsed.operands.map(path))) {
      rows.push(await rowOf(file, io, blobs, keyring));
    }
    io.stdout.write(
      parsed.values.json ? `${JSON.stringify({ version: 1, files: rows }, null, 2)}\n` : table(rows, io.now()),
    );
    for (const warning of keyring.warnings()) io.stderr.write(`git-sops: ${warning}\n`);
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
    const asked = rule.rule.groups.flat().map(({ id }) => id);
    if (asked.length !== recipients.length || asked.some((id) => !recipients.includes(id))) drift.push('recipients');
    const selector = selectorFor(rule.rule, index.file.format.name);
    if (!sameSelector(index.file.metadata.selector, selector)) drift.push('selector');
  }
  let here: Row['here'] = working === null ? 'absent' : 'changed';
  if (working !== null && blob !== null) {
    if (index.file !== null && Buffer.compare(working, blob) === 0) here = 'locked';
    else {
      const smudged = await smudgeFile(path, blob, keyring, nodeBackend);
      if (Buffer.compare(working, smudged.bytes) === 0) here = 'plaintext';
    }
  }
  return {
    path,
    here,
    index: index.state,
    head: (await stored(path, head)).state,
    recipients,
    you: recipients.filter((recipient) => own.has(recipient)),
    drift,
    lastModified: index.file?.metadata.lastModified ?? null,
  };
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

function table(rows: readonly Row[], now: Date): string {
  if (rows.length === 0) return 'No tracked file is covered by a creation rule.\n';
  const head = ['FILE', 'HERE', 'INDEX', 'HEAD', 'RECIPIENTS', 'AGE', 'DRIFT'];
  const cells = rows.map((row) => [
    quotePath(row.path),
    row.here,
    row.index,
    row.head,
    `${row.recipients.length}${row.you.length > 0 ? ', you' : ''}`,
    row.lastModified === null ? '-' : ageOf(row.lastModified, now),
    row.drift.join(', ') || '-',
  ]);
  const all = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return `${all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}

function ageOf(lastModified: string, now: Date): string {
  const days = Math.floor((now.getTime() - Date.parse(lastModified)) / 86_400_000);
  return Number.isNaN(days) ? '?' : days < 1 ? 'today' : `${days} d`;
}
