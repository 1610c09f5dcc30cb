import type { CryptoBackend } from '../crypto/backend.ts';
import { GitSopsError } from '../errors.ts';
import { formatNameOf } from '../format/by-path.ts';
import type { Parsed } from '../format/format.ts';
import type { Keyring } from '../keys/keyring.ts';
import { aadOf } from '../tree/key-path.ts';
import { selectsOf } from '../tree/selector.ts';
import { type CreationRule, selectorFor } from './creation-rule.ts';
import { type Opened, openFile } from './open.ts';
import { reuseKey } from './reuse.ts';
import { meetsRule } from './rule-fit.ts';
import { readSopsFile } from './sops-file.ts';
import { unlock } from './unlock.ts';

/** A file that Git knows and that is gone from the working tree. */
export interface DeletedFile {
  readonly path: string;
  /** Its blob; null where it cannot be had. */
  read(): Promise<Uint8Array | null>;
}

/** A plaintext file without a base, and the rule that covers it. */
export interface NewFile {
  readonly path: string;
  readonly parsed: Parsed;
  readonly rule: CreationRule;
}

interface Candidate {
  readonly file: DeletedFile;
  /** Of its values; null until it was read. */
  keys: ReadonlySet<string> | null;
}

/** As many as Git itself compares (`diff.renameLimit`). */
const mostCandidates = 1000;
/** Git's own share of likeness for a rename, here of the encrypted values. */
const leastShared = 0.5;

/**
 * Finds the deleted file that a new one was renamed from, so that the new blob keeps its data key and ciphertexts and Git
 * sees a rename. It must open here, have the recipients and the selector that the new path's rule asks for, and half of the
 * values in common. Each deleted file goes to one new path. One object serves one run.
 */
export class RenameSources {
  readonly #list: () => Promise<readonly DeletedFile[]>;
  readonly #keyring: Keyring;
  readonly #backend: CryptoBackend;
  readonly #taken = new Map<string, DeletedFile>();
  #candidates: Promise<Candidate[]> | null = null;

  /** @param list asked once, and not before there is a file without a base */
  constructor(list: () => Promise<readonly DeletedFile[]>, keyring: Keyring, backend: CryptoBackend) {
    this.#list = list;
    this.#keyring = keyring;
    this.#backend = backend;
  }

  async find(file: NewFile): Promise<Opened | null> {
    const chosen = this.#taken.get(file.path) ?? (await this.#choose(file));
    if (chosen === null) return null;
    this.#taken.set(file.path, chosen);
    return this.#open(chosen, file.rule);
  }

  async #choose({ path, parsed, rule }: NewFile): Promise<DeletedFile | null> {
    this.#candidates ??= this.#load();
    const candidates = await this.#candidates;
    if (candidates.length === 0) return null;
    const wanted = keysOf(parsed, rule);
    let best: DeletedFile | null = null;
    let most = 0;
    const taken = new Set(this.#taken.values());
    const likely = candidates
      .filter(({ file }) => !taken.has(file) && file.path !== path && formatNameOf(file.path) === parsed.format)
      .sort((a, b) => Number(nameOf(b.file.path) === nameOf(path)) - Number(nameOf(a.file.path) === nameOf(path)));
    for (const candidate of likely) {
      candidate.keys ??= await this.#keys(candidate.file);
      const share = shareOf(wanted, candidate.keys);
      if (share < leastShared || share <= most) continue;
      if ((await this.#open(candidate.file, rule)) === null) continue;
      [best, most] = [candidate.file, share];
      if (share === 1) break;
    }
    return best;
  }

  async #load(): Promise<Candidate[]> {
    const files = await this.#list();
    return files.slice(0, mostCandidates).map((file) => ({ file, keys: null }));
  }

  async #keys(file: DeletedFile): Promise<ReadonlySet<string>> {
    const opened = await this.#open(file, null);
    const values = opened?.tokens.filter(({ value }) => value.type !== 'comment') ?? [];
    return new Set(values.map(({ aad, value }) => reuseKey(aad, value)));
  }

  /** Null for whatever is in the way: then the new path is a new file, which is always right. */
  async #open(deleted: DeletedFile, rule: CreationRule | null): Promise<Opened | null> {
    try {
      const blob = await deleted.read();
      const file = blob === null ? null : await readSopsFile(deleted.path, blob);
      if (file === null || (rule !== null && !meetsRule(file, rule))) return null;
      return openFile(file, await unlock(file, this.#keyring), this.#backend);
    } catch (error) {
      if (error instanceof GitSopsError) return null;
      throw error;
    }
  }
}

/** The values that will be encrypted, as `Reuse` tells them apart. */
function keysOf(parsed: Parsed, rule: CreationRule): Set<string> {
  const keys = new Set<string>();
  for (const leaf of parsed.view(selectsOf(selectorFor(rule, parsed.format))).leaves) {
    if (leaf.kind !== 'value' || !leaf.selected || leaf.type === 'null' || leaf.plaintext.length === 0) continue;
    keys.add(reuseKey(aadOf(leaf.path), { type: leaf.type, plaintext: leaf.plaintext }));
  }
  return keys;
}

function shareOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const key of a) if (b.has(key)) shared++;
  return shared / Math.max(a.size, b.size, 1);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
