import { nodeBackend } from '../../crypto/node-backend.ts';
import type { Opener } from '../../document/ask-once.ts';
import { KeptSecrets, valuesIn } from '../../document/kept-secrets.ts';
import { openFile } from '../../document/open.ts';
import type { SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { GitPath } from '../../git/path.ts';
import type { Blobs } from './replaced.ts';
import { mostSuspectBytes } from './suspects.ts';

/** A file that a change brings. */
export interface Come {
  readonly path: GitPath;
  readonly oid: string;
  readonly size: number;
}

/** What an encrypted file holds in the clear. */
export interface Held {
  readonly path: GitPath;
  readonly bytes: Uint8Array;
  readonly kept: KeptSecrets;
}

/** The one whose very plaintext, or most of what is secret in it, stands in a file. @param leastLines null to look at keys alone */
export async function heldBy(
  { path, oid, size }: Come,
  all: readonly Held[],
  leastLines: number | null,
  blobs: Blobs,
): Promise<Held | null> {
  // A larger one is read where it may be the same.
  const isSmall = size < mostSuspectBytes;
  const some = isSmall ? all : all.filter(({ bytes }) => bytes.length === size);
  const content = some.length === 0 ? null : ((await blobs.read(oid))?.content ?? null);
  if (content === null) return null;
  const same = some.find(({ bytes }) => content.equals(bytes));
  if (same !== undefined || !isSmall) return same ?? null;
  const values = await valuesIn(path, content);
  return (
    some.find(({ kept }) => kept.areUnderKeys(values) || (leastLines !== null && kept.areLines(content, leastLines))) ??
    null
  );
}

/** Null where it does not open here for nothing, or where nothing in it was encrypted. */
export async function heldIn(path: GitPath, file: SopsFile | null, opener: Opener): Promise<Held | null> {
  if (file === null) return null;
  const { keyGroups, shamirThreshold } = file.metadata;
  const { dataKey } = await opener.dataKey(keyGroups, shamirThreshold);
  if (dataKey === null) return null;
  try {
    const { bytes, tokens } = openFile(file, dataKey, nodeBackend);
    return tokens.length === 0 ? null : { path, bytes, kept: new KeptSecrets(tokens) };
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
