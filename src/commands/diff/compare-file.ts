import { nodeBackend } from '../../crypto/node-backend.ts';
import type { ContentDiff } from '../../document/diff/change.ts';
import { compareContents } from '../../document/diff/compare.ts';
import { absent, readSide, type Side, sopsFileIn } from '../../document/diff/side.ts';
import { formatNameOf } from '../../format/by-path.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Selector } from '../../tree/selector.ts';

/** A content of a file: of a blob, or of a working file. */
export interface Source {
  readonly path: GitPath;
  /** Null where there is no file, or none that could be read. */
  readonly content: Uint8Array | null;
  readonly working: boolean;
}

/**
 * Compares two contents of one file.
 * @param rule the selector of the rule that covers it, for contents without metadata
 * @returns null where there is nothing to tell: the working file is what Git would check out
 */
export async function compareFile(
  before: Source,
  after: Source,
  rule: Selector | null,
  keyring: Keyring,
): Promise<ContentDiff | null> {
  if (before.working !== after.working && sameContent(before, after)) return null;
  // A blob knows the format that sops took for it; its working file has no word in it.
  const first = await read(before, null, keyring);
  const second = await read(after, before.path === after.path ? first : null, keyring);
  const old = before.working && !after.working ? await read(before, second, keyring) : first;
  const diff = compareContents({
    before: old,
    after: second,
    format: formatNameOf(after.path),
    rule,
    working: { before: before.working, after: after.working },
  });
  const plain = before.working !== after.working && diff.otherwise === 'ciphertext';
  return plain ? null : diff;
}

async function read({ path, content, working }: Source, other: Side | null, keyring: Keyring): Promise<Side> {
  if (content === null) return absent;
  const format = working && other !== null ? (sopsFileIn(other)?.format ?? null) : null;
  return readSide(path, content, format, keyring, nodeBackend);
}

/** A locked working file whose times alone changed. */
function sameContent({ content: a }: Source, { content: b }: Source): boolean {
  return a !== null && b !== null && Buffer.compare(a, b) === 0;
}
