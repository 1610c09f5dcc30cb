import { nodeBackend } from '../crypto/node-backend.ts';
import { cleanFile } from '../document/clean.ts';
import { createRuleFinder, isNeverCovered } from '../document/rule-finder.ts';
import { smudgeFile } from '../document/smudge.ts';
import { GitSopsError } from '../errors.ts';
import { BlobReader, indexObject, treeObject } from '../git/blob-reader.ts';
import type { GitPath } from '../git/path.ts';
import { quotePath } from '../git/quote.ts';
import { createKeyring, type Keyring } from '../keys/keyring.ts';
import type { Io } from './io.ts';
import { hasCrlf, toCrlf, toLf } from './line-ends.ts';
import { convertsLineEnds } from './line-ends-of.ts';
import { worktreeReader } from './worktree-reader.ts';

/**
 * What the filter does with one file, whoever asks: the long-running process or a one-shot. Git runs filters
 * at the top of the working tree, so a path is relative to the current folder.
 */
export class Filter {
  readonly #io: Io;
  /** Leave ciphertext in the working tree. */
  readonly #locked: boolean;
  readonly #keyring: Keyring;
  readonly #blobs: BlobReader;
  readonly #rules: ReturnType<typeof createRuleFinder>;
  readonly #closed = new Map<string, { count: number; example: GitPath }>();

  constructor(io: Io, options: { locked: boolean }) {
    this.#io = io;
    this.#locked = options.locked;
    this.#keyring = createKeyring({ env: io.env, platform: io.platform, home: io.home });
    this.#blobs = new BlobReader();
    this.#rules = createRuleFinder(worktreeReader(io.cwd, this.#blobs));
  }

  /** Working file → blob. @throws GitSopsError where it must not be staged. */
  async clean(path: GitPath, content: Uint8Array): Promise<Uint8Array> {
    if (isNeverCovered(path)) return content;
    const text = hasCrlf(content) && (await convertsLineEnds(path)) ? toLf(content) : content;
    try {
      return await cleanFile({
        path,
        content: text,
        bases: () => this.#bases(path),
        rule: async () => (await this.#rules.find(path))?.rule ?? null,
        keyring: this.#keyring,
        backend: nodeBackend,
        now: this.#io.now,
      });
    } catch (error) {
      throw error instanceof GitSopsError && error.facts.file === undefined ? error.with({ file: path }) : error;
    }
  }

  /** Blob → working file; what does not open stays as it is and is told of at the end. */
  async smudge(path: GitPath, blob: Uint8Array): Promise<Uint8Array> {
    if (this.#locked || isNeverCovered(path)) return blob;
    const crlf = hasCrlf(blob) && (await convertsLineEnds(path));
    const smudged = await smudgeFile(path, crlf ? toLf(blob) : blob, this.#keyring, nodeBackend);
    if (smudged.state === 'plaintext') return crlf ? toCrlf(smudged.bytes) : smudged.bytes;
    if (smudged.state === 'broken' && smudged.why !== null) this.#io.report(smudged.why);
    if (smudged.state === 'locked' && smudged.why !== null) {
      const reason = smudged.why.facts.detail ?? '';
      const seen = this.#closed.get(reason);
      if (seen === undefined) this.#closed.set(reason, { count: 1, example: path });
      else seen.count++;
    }
    return blob;
  }

  /** Warnings, once per run and with a count. */
  async finish(): Promise<void> {
    const { stderr } = this.#io;
    for (const [recipients, { count, example }] of this.#closed) {
      const what = count === 1 ? quotePath(example) : `${count} files (${quotePath(example)} …)`;
      const verb = count === 1 ? 'stays' : 'stay';
      stderr.write(`git-sops: ${what} ${verb} encrypted: no identity here opens ${count === 1 ? 'it' : 'them'}\n`);
      stderr.write(`  recipients: ${recipients}\n`);
    }
    for (const warning of this.#keyring.warnings()) stderr.write(`git-sops: ${warning}\n`);
    await this.#blobs.close();
  }

  /** The blobs that a working file may follow: what is staged, our side of a conflict, what is committed. */
  async *#bases(path: GitPath): AsyncGenerator<Uint8Array> {
    for (const name of [indexObject(path), indexObject(path, 2), treeObject('HEAD', path)]) {
      const blob = await this.#blobs.read(name);
      if (blob !== null) yield blob.content;
    }
  }
}
