import type { FoundIn } from '../../../document/finding.ts';
import type { Change } from '../../../git/changes.ts';
import { isBlob } from '../../../git/index-entries.ts';
import type { GitPath } from '../../../git/path.ts';
import type { LoggedCommit } from '../../../git/raw-log.ts';

/** What a commit changes at places that no rule covers, where something may have been encrypted before. */
export interface Leaving {
  readonly changes: readonly Change[];
  readonly foundIn: FoundIn;
}

/**
 * Gathers them commit by commit, parents first. Blobs that no rule ever covered are not read, and a history has very many: what may have
 * been encrypted is a blob that stood at a covered path, wherever it is now, and what became of it at a path that no rule covers.
 */
export class LeavingFiles {
  readonly list: Leaving[] = [];
  readonly #followed = new Set<string>();

  /**
   * @param wasCovered of a blob, by the commits before this one
   * @param isCovered of a path, after this commit
   */
  async after(
    { changes, commit, authorDate }: LoggedCommit,
    wasCovered: (oid: string) => boolean,
    isCovered: (path: GitPath) => Promise<boolean>,
  ): Promise<void> {
    const from = changes.filter(
      ({ before }) =>
        before !== null && isBlob(before.kind) && (wasCovered(before.oid) || this.#followed.has(before.oid)),
    );
    const left: Change[] = [];
    for (const change of from) {
      if (change.after === null || !isBlob(change.after.kind) || (await isCovered(change.path))) continue;
      left.push(change);
      this.#followed.add(change.after.oid);
    }
    const gone = from.filter(({ after }) => after === null);
    if (gone.length > 0) {
      const taken = new Set(left);
      for (const change of changes) {
        if (change.after === null || !isBlob(change.after.kind) || taken.has(change) || (await isCovered(change.path)))
          continue;
        left.push(change);
      }
      left.push(...gone);
    }
    if (left.some(({ after }) => after !== null)) this.list.push({ changes: left, foundIn: { commit, authorDate } });
  }
}
