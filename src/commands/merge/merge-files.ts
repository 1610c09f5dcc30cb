import { readFileSync } from 'node:fs';
import { nodeBackend } from '../../crypto/node-backend.ts';
import type { MarkerStyle } from '../../document/merge/markers.ts';
import { type MergedBlob, mergeBlobs } from '../../document/merge/merge-blobs.ts';
import { createRuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { escapeText, quotePath, shellPath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { openKeyring } from '../repository/keyring.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { lockedHere, readSetting } from '../set-up/set-up.ts';
import { writeOver } from './write-over.ts';

/**
 * Merges files as Git asks for it: `[--virtual] %O %A %B %L %P %S %X %Y`. Git hands over three blobs in files of its own
 * (merge-ll.c, `ll_ext_merge`) and stores what this leaves in the second. The keys are looked for once, however many files follow.
 */
export class FileMerger {
  readonly #io: Io;
  readonly #keyring: Keyring;
  readonly #told = new Set<string>();

  constructor(io: Io) {
    this.#io = io;
    this.#keyring = openKeyring(io);
  }

  /** Exit 0: merged. Exit 1: a conflict, which is encrypted too. Exit 2: wrong use. */
  async merge(args: readonly string[]): Promise<number> {
    const io = this.#io;
    const isVirtual = args[0] === '--virtual';
    const [baseFile, oursFile, theirsFile, size = '7', name = '', ...labels] = isVirtual ? args.slice(1) : args;
    if (baseFile === undefined || oursFile === undefined || theirsFile === undefined) return 2;
    const path: GitPath = name;
    const base = readFileSync(baseFile);
    const ours = readFileSync(oursFile);
    const blobs = new BlobReader();
    try {
      const rules = createRuleFinder(worktreeReader(io.cwd, blobs));
      const merged = await mergeBlobs({
        path,
        // Where both sides added the file, Git hands over an empty one.
        base: base.length === 0 ? null : base,
        ours,
        theirs: readFileSync(theirsFile),
        onConflict: isVirtual ? 'base' : () => markerStyle(Number(size) || 7, labels),
        rule: async () => (await rules.find(path))?.rule ?? null,
        keyring: this.#keyring,
        backend: nodeBackend,
        now: io.now,
      });
      if (Buffer.compare(merged.blob, ours) !== 0) {
        try {
          writeOver(oursFile, ours, merged.blob);
        } catch (cause) {
          const detail = cause instanceof Error ? cause.message : String(cause);
          tellWhy({ why: new GitSopsError('cannot-write', { detail }, { cause }), side: null }, path, io);
          return 1;
        }
      }
      io.trace(() => `merge-driver ${quotePath(path)}: ${merged.conflict ? 'a conflict' : 'merged'}`);
      if (isVirtual) return 0;
      if (merged.why !== null) tellWhy(merged, path, io);
      if (merged.lostBase !== null && merged.conflict) {
        io.report(merged.lostBase.with({ file: path }));
        io.stderr.write(`  ${quotePath(path)}: this is about the common ancestor, so every difference is a conflict\n`);
      }
      if (merged.conflict && merged.why === null) await tellConflict(path, io);
      this.#warn();
      return merged.conflict ? 1 : 0;
    } finally {
      await blobs.close();
    }
  }

  #warn(): void {
    for (const warning of this.#keyring.warnings()) {
      if (!this.#told.has(warning)) this.#io.stderr.write(`git-sops: ${escapeText(warning)}\n`);
      this.#told.add(warning);
    }
  }
}

/** As Git itself would write them. An older Git leaves the placeholders of the labels as they are. */
export async function markerStyle(
  size: number,
  [base, ours, theirs]: readonly (string | undefined)[],
): Promise<MarkerStyle> {
  const label = (given: string | undefined, otherwise: string) =>
    given === undefined || given === '' || /^%[SXY]$/.test(given) ? otherwise : given;
  const style = (await readSetting('merge.conflictStyle'))?.toLowerCase();
  return {
    size,
    ours: label(ours, 'ours'),
    theirs: label(theirs, 'theirs'),
    base: style === 'diff3' || style === 'zdiff3' ? label(base, 'base') : null,
  };
}

/** In a locked tree the file that Git leaves shows no markers: the conflict is encrypted as a whole. */
async function tellConflict(path: GitPath, io: Io): Promise<void> {
  if (!(await lockedHere())) return;
  const name = shellPath(path);
  io.stderr.write(
    `git-sops: ${quotePath(path)}: both sides changed a value; the conflict stays encrypted here\n  try: git sops edit ${name}, then git add -- ${name}\n`,
  );
}

function tellWhy({ why, side }: Pick<MergedBlob, 'why' | 'side'>, path: GitPath, io: Io): void {
  const version = side === null ? 'it' : side === 'ours' ? 'our version' : 'their version';
  if (why?.code === 'no-identity') {
    const { detail = '', other } = why.facts;
    const name = quotePath(path);
    io.stderr.write(
      `git-sops: ${name}: both sides changed it, so a merge needs a key, and no identity here opens ${version}
  recipients: ${escapeText(detail)}${other === undefined ? '' : `\n  ${escapeText(String(other))}`}
  our version stays, as a conflict
  try: git sops mergetool ${shellPath(path)}, with a key; git sops doctor says which keys there are
`,
    );
    return;
  }
  io.report(why?.facts.file === undefined ? why?.with({ file: path }) : why);
  const whose = side === null ? '' : `; this is about ${version}`;
  io.stderr.write(`  ${quotePath(path)}: nothing was merged: our version stays, as a conflict${whose}\n`);
}
