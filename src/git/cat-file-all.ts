import { GitSopsError } from '../errors.ts';
import { readHeader } from './cat-file-answers.ts';
import { ended, gitFailed, type SpawnGitOptions, spawnGit } from './run.ts';

const args = ['cat-file', '--batch', '--buffer'];

/**
 * Reads many blobs by their ids through a `git cat-file` that knows all questions, and so writes in large pieces.
 * @returns their contents in that order, as they come: parts of what was read, so that a small one that is kept keeps a large piece.
 *   Null where there is no such blob
 * @throws GitSopsError `git-blob-too-large`; `git-failed` when the store is damaged
 */
export async function* readAllBlobs(
  oids: readonly string[],
  maxBytes: number,
  options: SpawnGitOptions,
): AsyncGenerator<readonly (Buffer | null)[]> {
  if (oids.length === 0) return;
  const child = spawnGit(args, options);
  // Git may end before it has read them; its exit code says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(`${oids.join('\n')}\n`);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < 10_000) stderr += chunk.toString();
  });
  const end = ended(child);
  end.catch(() => {});
  const answers = new Answers(maxBytes);
  let given = 0;
  try {
    for await (const chunk of child.stdout ?? []) {
      const contents = answers.receive(chunk as Buffer);
      given += contents.length;
      if (contents.length > 0) yield contents;
    }
  } finally {
    // Whoever stops early has no use for the rest.
    child.stdout?.destroy();
  }
  const code = await end;
  if (code !== 0 || given !== oids.length) throw gitFailed(args, code, stderr);
}

/** `ID TYPE SIZE`, the content and a newline; or one line that says that there is none. */
class Answers {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;
  /** So many bytes are needed before there is more to tell. */
  #needed = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  receive(chunk: Buffer): (Buffer | null)[] {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return [];
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const contents: (Buffer | null)[] = [];
    let at = 0;
    this.#needed = 1;
    for (let newline = bytes.indexOf(0x0a); newline >= 0; newline = bytes.indexOf(0x0a, at)) {
      const header = readHeader(bytes.subarray(at, newline));
      if (header === null) {
        contents.push(null);
        at = newline + 1;
        continue;
      }
      if (header.size > this.#maxBytes) {
        throw new GitSopsError('git-blob-too-large', { detail: String(header.size), other: String(this.#maxBytes) });
      }
      const end = newline + 1 + header.size;
      if (end >= bytes.length) {
        this.#needed = end + 1 - at;
        break;
      }
      contents.push(header.type === 'blob' ? bytes.subarray(newline + 1, end) : null);
      at = end + 1;
    }
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#length = bytes.length - at;
    return contents;
  }
}
