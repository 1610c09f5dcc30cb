import type { RecipientRecord } from '../../document/judge.ts';
import { createRuleFinder, type FoundRule } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { filterAttributes } from '../../git/attributes.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { FileState } from '../../git/file-states.ts';
import type { GitPath } from '../../git/path.ts';
import { recipientRecord } from '../gate/recipient-record.ts';
import { earlierIn } from '../gate/snapshots.ts';

/** What one state of `.sops.yaml` and `.gitattributes` files says of paths. */
export interface Protection {
  /** @throws GitSopsError for rules that cannot be read */
  rule(path: GitPath): Promise<FoundRule | null>;
  filtered(path: GitPath): Promise<boolean>;
  recipients(path: GitPath): RecipientRecord;
}

/**
 * All states of a push; those that are the same are asked once.
 * @param asked the paths that each state will be asked about, so that Git is asked once for each state
 */
export function createProtections(
  asked: ReadonlyMap<FileState, { readonly paths: ReadonlySet<GitPath>; readonly commit: string }>,
  blobs: BlobReader,
  signal: AbortSignal | undefined,
): (state: FileState) => Protection {
  const known = new Map<FileState, Protection>();
  const create = (state: FileState): Protection => {
    const rules = createRuleFinder(async (path) => {
      const oid = state.get(path);
      if (oid === undefined) return null;
      const content = (await blobs.read(oid))?.content;
      if (content === undefined) throw new GitSopsError('git-object-missing', { file: path, detail: oid });
      return content;
    });
    const { paths = new Set<GitPath>(), commit = '' } = asked.get(state) ?? {};
    let attributes: ReturnType<typeof filterAttributes> | null = null;
    const earlier = earlierIn(blobs, commit);
    return {
      rule: (path) => rules.find(path),
      async filtered(path) {
        attributes ??= filterAttributes(paths, { of: { files: state }, signal });
        return (await attributes).get(path)?.filter === 'sops';
      },
      recipients: (path) => recipientRecord(path, rules, { earlier }),
    };
  };
  return (state) => {
    const protection = known.get(state) ?? create(state);
    known.set(state, protection);
    return protection;
  };
}
