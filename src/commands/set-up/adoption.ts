import { newDataKey } from '../../crypto/data-key.ts';
import { nodeBackend } from '../../crypto/node-backend.ts';
import { type CreationRule, selectorFor } from '../../document/creation-rule.ts';
import { newFileMetadata } from '../../document/new-file.ts';
import { selectsNothing } from '../../document/protection.ts';
import { createRuleFinder, isNeverCovered } from '../../document/rule-finder.ts';
import { sealFile } from '../../document/seal.ts';
import { readContent } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { listIndex } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import type { Wrapper } from '../../keys/wrap-key-groups.ts';
import { quotePath } from '../../quote.ts';
import { regularFile } from '../gate/worktree-verdict.ts';
import type { Io } from '../io.ts';
import { filteredInWorktree } from '../repository/filtered.ts';
import { readSetting } from './set-up.ts';

/** What the filter will make of the covered files that are plaintext in Git until now. */
export interface Adoption {
  readonly encrypted: readonly GitPath[];
  /** Those in which the rule selects nothing. */
  readonly untouched: readonly GitPath[];
  /** Those that Git could not add any more, and why. */
  readonly refused: readonly GitSopsError[];
}

/** Tries every covered file that no filter of ours has seen yet. @param read a file of the repository, the rules as they will be */
export async function planAdoption(
  io: Io,
  blobs: BlobReader,
  read: (path: GitPath) => Promise<Uint8Array | null>,
  keyring: Wrapper,
): Promise<Adoption> {
  const rules = createRuleFinder(read);
  const regular = (await listIndex()).filter(
    ({ stage, mode, path }) => stage === 0 && mode.startsWith('100') && !isNeverCovered(path),
  );
  const registered = (await readSetting('filter.sops.process')) !== null;
  const seen = registered ? await filteredInWorktree(regular.map(({ path }) => path)) : new Set<GitPath>();
  const trial = createTrial(keyring, io);
  const adoption = { encrypted: [] as GitPath[], untouched: [] as GitPath[], refused: [] as GitSopsError[] };
  for (const { path, oid } of regular) {
    const rule = seen.has(path) ? null : ((await rules.find(path))?.rule ?? null);
    if (rule === null) continue;
    const content = regularFile(io.cwd, path) ?? (await blobs.read(oid))?.content;
    if (content === undefined || content.length === 0) continue;
    try {
      const found = await trial(path, content, rule);
      if (found !== null) adoption[found].push(path);
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      adoption.refused.push(error.facts.file === undefined ? error.with({ file: path }) : error);
    }
  }
  return adoption;
}

/** @returns lines for the plan; none where nothing changes hands */
export function adoptionText({ encrypted, untouched }: Pick<Adoption, 'encrypted' | 'untouched'>): string {
  const lines: string[] = [];
  const name = (paths: readonly GitPath[]) =>
    paths
      .slice(0, most)
      .map((path) => `  ${quotePath(path)}\n`)
      .join('') + (paths.length > most ? `  and ${paths.length - most} more\n` : '');
  const are = (paths: readonly GitPath[], what: string) =>
    `${paths.length === 1 ? 'One covered file is' : `${paths.length} covered files are`} ${what}`;
  if (encrypted.length > 0) {
    lines.push(
      `${are(encrypted, 'plaintext in Git today, and encrypted by')} git add --renormalize .\n`,
      name(encrypted),
    );
  }
  if (untouched.length > 0) {
    const it = untouched.length === 1 ? 'it' : 'them';
    lines.push(
      `${are(untouched, 'left as')} ${untouched.length === 1 ? 'it is' : 'they are'}: the rule selects no value in ${it}\n`,
    );
    lines.push(name(untouched));
  }
  if (lines.length > 0) lines.push('A narrower path_regex in .sops.yaml, then git sops init again, covers fewer.\n');
  return lines.join('');
}

const most = 10;

type Trial = (path: GitPath, content: Uint8Array, rule: CreationRule) => Promise<'encrypted' | 'untouched' | null>;

/** As clean would do it; the result goes nowhere. One data key is wrapped for each rule, at most. */
function createTrial(keyring: Wrapper, io: Io): Trial {
  const dataKey = newDataKey(nodeBackend);
  const made = new Map<string, ReturnType<typeof newFileMetadata> | null>();
  return async (path, content, rule) => {
    const read = await readContent(path, content);
    if (read.kind === 'encrypted') return null;
    const { format, parsed } = read;
    if (selectsNothing(parsed, selectorFor(rule, format.name))) return 'untouched';
    const name = JSON.stringify([rule.file, rule.line, format.name]);
    // Recipients that cannot be reached now are no fault of the file's.
    if (!made.has(name)) {
      const metadata = newFileMetadata(rule, dataKey, format.name, nodeBackend, keyring);
      made.set(name, (await metadata.catch(() => null)) === null ? null : metadata);
    }
    const metadata = (await made.get(name)) ?? null;
    if (metadata !== null) {
      await sealFile({ format, parsed, metadata, dataKey, base: null, backend: nodeBackend, now: io.now });
    }
    return 'encrypted';
  };
}
