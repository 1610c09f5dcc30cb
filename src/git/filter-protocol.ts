import { GitSopsError } from '../errors.ts';
import { DelayedSmudges } from './delayed-smudge.ts';
import { decodePath, encodePath, type GitPath } from './path.ts';
import { readPipe, writePipe } from './pipe.ts';
import { PktLineReader, PktLineWriter } from './pkt-line.ts';

/**
 * Git's long running filter process, version 2, from the filter's side: gitattributes(5), "Long Running Filter
 * Process", and git's convert.c and sub-process.c. Knows how Git asks, not what a filter does.
 */

/** The content; or `error`: not this file; or `abort`: neither this file nor a later one of this Git command. */
export type FilterResult = Uint8Array | 'error' | 'abort';

export interface CleanRequest {
  readonly path: GitPath;
  readonly content: Buffer;
}

export interface SmudgeRequest extends CleanRequest {
  /** The branch or tag that is checked out, where Git says so (from 2.27 on). */
  readonly ref: string | null;
  /** Hexadecimal id of the commit or tree that is checked out. */
  readonly treeish: string | null;
  /** Hexadecimal id of the blob. */
  readonly blob: string | null;
}

export interface FilterHandler {
  /** What is thrown answers `error` and goes to `failed`. Without it the filter does not offer to clean. */
  clean?(request: CleanRequest): Promise<FilterResult>;
  /** Git has what was cleaned, and stores it before it asks again. */
  cleaned?(): void;
  /** May run several at a time. */
  smudge(request: SmudgeRequest): Promise<FilterResult>;
  /** Whether Git may be told to ask again later. Default: always. */
  mayDelay?(content: Uint8Array): boolean;
  /** Told of each path that got no content because of an exception or its size; the process goes on. */
  failed(path: GitPath, error: unknown): void;
}

export interface FilterOptions {
  /** Above this a file is refused with `git-blob-too-large`. Default 1 GiB. */
  readonly maxContentBytes?: number;
  /** What delayed smudges may hold in content. Above it Git gets its answer at once. 0 delays nothing. Default 64 MiB. */
  readonly maxDelayedBytes?: number;
}

export interface FilterStreams {
  readonly input: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Serves Git until it closes the pipe, which is the normal end; a Git that died counts as that too.
 * @throws GitSopsError `git-protocol` when the other side does not speak the protocol.
 */
export async function serveFilter(
  handler: FilterHandler,
  options: FilterOptions = {},
  streams: FilterStreams | null = null,
): Promise<void> {
  try {
    await new FilterServer(handler, options, streams).serve();
  } catch (error) {
    // Git is gone and nobody waits for the answer.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED' && code !== 'EOF') throw error;
  }
}

class FilterServer {
  readonly #handler: FilterHandler;
  readonly #maxContent: number;
  readonly #delayed: DelayedSmudges<FilterResult>;
  readonly #in: PktLineReader;
  readonly #out = new PktLineWriter();
  readonly #write: (bytes: Uint8Array) => Promise<void>;

  /** @param streams standard input and output if null */
  constructor(handler: FilterHandler, options: FilterOptions, streams: FilterStreams | null) {
    this.#handler = handler;
    this.#maxContent = options.maxContentBytes ?? 2 ** 30;
    this.#delayed = new DelayedSmudges(options.maxDelayedBytes ?? 2 ** 26);
    this.#in = new PktLineReader(streams?.input ?? readPipe(0, () => this.#delayed.idle));
    this.#write = streams === null ? (bytes) => writePipe(1, bytes) : (bytes) => streams.write(bytes);
  }

  async serve(): Promise<void> {
    if (!(await this.#handshake())) return;
    for (;;) {
      const lines = await this.#in.readLines();
      if (lines === null) return;
      const request = new Map(lines.map(splitPair));
      const command = request.get('command')?.toString('latin1');
      if (command === 'list_available_blobs') await this.#listAvailable();
      else if (command === 'clean' || command === 'smudge') {
        if (!(await this.#filter(command, request))) return;
      } else {
        // Whether content follows depends on the command, so there is no way to go on.
        throw new GitSopsError('git-protocol', { detail: 'Git sent a command that is not known' });
      }
    }
  }

  async #handshake(): Promise<boolean> {
    const hello = await this.#in.readLines();
    if (hello === null) return false;
    const greeting = hello.map(String);
    if (greeting[0] !== 'git-filter-client' || !greeting.includes('version=2')) {
      throw new GitSopsError('git-protocol', { detail: 'this is for Git to call, as filter.<name>.process' });
    }
    this.#out.line('git-filter-server').line('version=2').flush();
    await this.#send();
    const offered = await this.#in.readLines();
    if (offered === null) return false;
    const known = new Set(offered.map(String));
    const clean = this.#handler.clean === undefined ? [] : ['capability=clean'];
    for (const capability of [...clean, 'capability=smudge', 'capability=delay']) {
      if (known.has(capability)) this.#out.line(capability);
    }
    this.#out.flush();
    await this.#send();
    return true;
  }

  /** False when the stream ended. Git reads no answer before it has sent all its content, so that is read first. */
  async #filter(command: 'clean' | 'smudge', request: Map<string, Buffer>): Promise<boolean> {
    const name = request.get('pathname');
    if (name === undefined) throw new GitSopsError('git-protocol', { detail: 'Git sent no path' });
    const path = decodePath(name);
    const received = await this.#in.readContent(this.#maxContent);
    if (received === null) return false;
    const { size, content } = received;
    const canDelay = request.get('can-delay')?.toString('latin1') === '1';

    if (content === null) {
      const facts = { file: path, detail: String(size), other: String(this.#maxContent) };
      this.#handler.failed(path, new GitSopsError('git-blob-too-large', facts));
      await this.#answer('error');
    } else if (command === 'clean') {
      const clean = this.#handler.clean?.bind(this.#handler) ?? (async () => 'error' as const);
      await this.#answer(await this.#guarded(path, () => clean({ path, content })));
      this.#handler.cleaned?.();
    } else {
      const text = (key: string) => request.get(key)?.toString() ?? null;
      const smudge = () =>
        this.#guarded(path, () =>
          this.#handler.smudge({ path, content, ref: text('ref'), treeish: text('treeish'), blob: text('blob') }),
        );
      // Git comes back for a delayed path with no content and without offering a delay again.
      const delayed = !canDelay && size === 0 ? this.#delayed.take(path) : null;
      if (delayed !== null) {
        await this.#answer(await delayed);
      } else if (canDelay && this.#delayed.hasRoom(size) && this.#handler.mayDelay?.(content) !== false) {
        this.#delayed.add(path, size, smudge);
        this.#out.line('status=delayed').flush();
        await this.#send();
      } else {
        await this.#answer(await smudge());
      }
    }
    return true;
  }

  async #guarded(path: GitPath, work: () => Promise<FilterResult>): Promise<FilterResult> {
    try {
      return await work();
    } catch (error) {
      this.#handler.failed(path, error);
      return 'error';
    }
  }

  /** Success is said once the whole content is known, so nothing has to be taken back. */
  async #answer(result: FilterResult): Promise<void> {
    if (typeof result === 'string') this.#out.line(`status=${result}`).flush();
    else this.#out.line('status=success').flush().content(result).flush().flush();
    await this.#send();
  }

  async #listAvailable(): Promise<void> {
    for (const path of await this.#delayed.available()) {
      this.#out.line(Buffer.concat([Buffer.from('pathname='), encodePath(path)]));
    }
    this.#out.flush().line('status=success').flush();
    await this.#send();
  }

  async #send(): Promise<void> {
    for (const bytes of this.#out.take()) await this.#write(bytes);
  }
}

/** `key=value`; the value may hold further `=`. */
function splitPair(line: Buffer): [string, Buffer] {
  const equals = line.indexOf(0x3d);
  if (equals < 0) return [line.toString('latin1'), Buffer.alloc(0)];
  return [line.toString('latin1', 0, equals), line.subarray(equals + 1)];
}
