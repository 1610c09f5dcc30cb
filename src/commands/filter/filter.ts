import { nodeBackend } from '../../crypto/node-backend.ts';
import { cleanFile } from '../../document/clean.ts';
import { FreshKeys } from '../../document/fresh-keys.ts';
import { isRequestPath, readRequest } from '../../document/join-request.ts';
import type { OtherVersions } from '../../document/merge/resolution.ts';
import { type DeletedFile, RenameSources } from '../../document/rename-source.ts';
import { createRuleFinder, isNeverCovered } from '../../document/rule-finder.ts';
import { smudgeFile } from '../../document/smudge.ts';
import { type Content, mayBeEncrypted, readContent, readSopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf } from '../../format/by-path.ts';
import { type Blob, BlobReader, indexObject, treeObject } from '../../git/blob-reader.ts';
import { deletedFiles } from '../../git/changes.ts';
import { mayBeWritten } from '../../git/index-file.ts';
import type { GitPath } from '../../git/path.ts';
import { readWorkFile } from '../../git/work-file.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { escapeText, quotePath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { openKeyring } from '../repository/keyring.ts';
import { hasCrlf, toCrlf, toLf } from '../repository/line-ends.ts';
import { convertsLineEnds } from '../repository/line-ends-of.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { CheckedOut } from './checked-out.ts';
import { NewFiles } from './new-files.ts';
import { SealedOnce } from './sealed-once.ts';
import { ShownLately } from './shown-lately.ts';

/** In bytes. */
const largeFile = 1 << 16;

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
  readonly #renames: RenameSources;
  readonly #freshKeys: FreshKeys;
  readonly #sealed = new SealedOnce();
  readonly #checkedOut = new CheckedOut();
  readonly #shown = new ShownLately();
  readonly #newFiles = new NewFiles();
  #warm = false;
  /** The first file that was cleaned. */
  #first: GitPath | null = null;
  /** Whether the last file was what its index entry holds: then nothing else is asked for with the next one's. */
  #indexAnswers = false;
  readonly #closed = new Map<string, { count: number; example: GitPath; blob: string | null; why: string }>();
  readonly #looksBack: boolean;

  /** @param options.looksBack whether the files are versions from history, so that a path alone does not say which */
  constructor(io: Io, options: { locked: boolean; looksBack?: boolean }) {
    this.#io = io;
    this.#looksBack = options.looksBack === true;
    this.#locked = options.locked;
    this.#keyring = openKeyring(io);
    this.#blobs = new BlobReader({ moments: 3 });
    this.#rules = createRuleFinder(worktreeReader(io.cwd, this.#blobs));
    this.#renames = new RenameSources(() => this.#deleted(), this.#keyring, nodeBackend);
    this.#freshKeys = new FreshKeys(nodeBackend, this.#keyring);
  }

  /** Working file → blob. @throws GitSopsError where it must not be staged. */
  async clean(path: GitPath, content: Uint8Array): Promise<Uint8Array> {
    if (isNeverCovered(path)) {
      // A rule that covers everything makes Git ask: only what is a request may pass in the clear.
      if (isRequestPath(path) && readRequest(content) === null) throw new GitSopsError('not-a-request', { file: path });
      return content;
    }
    if (this.#sealed.has(path)) {
      const bases = () => this.#baseIds(path);
      const again = await this.#sealed.take(path, content, this.#blobs.indexStamp(), bases);
      if (again !== null) return again;
    }
    this.#first ??= path;
    if (this.#first !== path) this.#blobs.expectMany();
    const index = this.#blobs.indexStamp();
    const isUnknown = this.#newFiles.has(path, index);
    const asked = isUnknown ? none : this.#ask(path, content.length);
    const withCrlf = hasCrlf(content);
    const read = withCrlf ? null : this.#readAhead(path, content);
    const crlf = withCrlf && (isText(path) || (await isEnvelope(path, content))) && (await convertsLineEnds(path));
    const bases: Blob[] = [];
    try {
      const blob = await cleanFile({
        path,
        content: crlf ? toLf(content) : content,
        onDisk: content,
        ...(read !== null && { read }),
        bases: () => this.#bases(path, asked, bases),
        rule: async () => (await this.#rules.find(path))?.rule ?? null,
        renamed: (file) => this.#renames.find(file),
        others: () => this.#others(path, asked),
        onlyCompares: () => !mayBeWritten(this.#io.cwd, this.#io.env),
        checkedOut: () => this.#checkedOut.find(path, content),
        asStaged: () => this.#staged(path, content),
        // As a smudge of it would; where it has other line ends, Git's settings count.
        opened: (blob, workingFile) => {
          if (!crlf && !hasCrlf(blob)) this.#shown.keep({ path, blob, stored: blob, workingFile });
        },
        freshKeys: this.#freshKeys,
        keyring: this.#keyring,
        backend: nodeBackend,
        now: this.#io.now,
      });
      this.#newFiles.seen(path, bases.length === 0, index);
      const isNew = blob !== content && bases.every((base) => base.content !== blob);
      if (isNew) this.#sealed.keep(path, content, index, idsOf(bases), blob);
      return blob;
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      throw error.facts.file === undefined ? error.with({ file: path }) : error;
    }
  }

  /**
   * Without a key nobody can say whether a working file is what its blob holds. But Git asks for it again when a file was staged in
   * the second in which it was written: somebody adds a secret for others and commits at once. Nor shall that cost a passphrase.
   */
  async #staged(path: GitPath, content: Uint8Array): Promise<Uint8Array | null> {
    // `git hash-object --path`, which editors stage single lines by, sends what is no working file.
    const onDisk = readWorkFile(this.#io.cwd, path)?.content;
    if (onDisk === undefined || Buffer.compare(onDisk, content) !== 0) return null;
    const blob = await this.#blobs.read(indexObject(path));
    if (blob === null || (blob.content.length > 0 && (await readSopsFile(path, blob.content)) === null)) return null;
    const { isAsStaged } = await import('../../git/as-staged.ts');
    return (await isAsStaged(path, this.#io.cwd)) ? blob.content : null;
  }

  /** Blob → working file; what does not open stays as it is and is told of at the end. */
  async smudge(path: GitPath, blob: Uint8Array, oid: string | null = null): Promise<Uint8Array> {
    if (this.#locked || isNeverCovered(path)) return blob;
    const again = this.#shown.find(path, blob);
    if (again !== null) {
      this.#checkedOut.keep(path, again.workingFile, again.stored);
      return again.workingFile;
    }
    const crlf = hasCrlf(blob) && (await convertsLineEnds(path));
    const stored = crlf ? toLf(blob) : blob;
    const smudged = await smudgeFile(path, stored, this.#keyring, nodeBackend);
    if (smudged.state === 'plaintext') {
      const shown = crlf && isText(path) ? toCrlf(smudged.bytes) : smudged.bytes;
      this.#checkedOut.keep(path, shown, stored);
      this.#shown.keep({ path, blob, stored, workingFile: shown });
      return shown;
    }
    if (smudged.state === 'broken' && smudged.why !== null) {
      this.#io.report(smudged.why);
      const rev = await this.#revision(path, oid);
      if (rev !== null) this.#io.stderr.write(`  that is its version of ${rev}\n`);
    }
    if (smudged.state === 'locked' && smudged.why !== null) {
      const reason = smudged.why.facts.detail ?? '';
      const seen = this.#closed.get(reason);
      const why = smudged.why.facts.other ?? '';
      if (seen === undefined) this.#closed.set(reason, { count: 1, example: path, blob: oid, why });
      else seen.count++;
    }
    return blob;
  }

  /** While Git stores what was cleaned. */
  idle(): void {
    this.#freshKeys.makeAhead();
  }

  /** Warnings, once per run and with a count. */
  async finish(): Promise<void> {
    const warnings = this.#keyring.warnings();
    for (const [recipients, { count, example, blob, why }] of this.#closed) {
      const { stderr } = this.#io;
      const rev = await this.#revision(example, blob);
      const name = `${quotePath(example)}${rev === null ? '' : ` of ${rev}`}`;
      const what = count === 1 ? name : `${count} ${this.#looksBack ? 'versions' : 'files'} (${name} …)`;
      const verb = count === 1 ? 'stays' : 'stay';
      stderr.write(`git-sops: ${what} ${verb} encrypted: no identity here opens ${count === 1 ? 'it' : 'them'}\n`);
      stderr.write(`  recipients: ${escapeText(recipients)}\n`);
      // Of the first one of them. What is wrong with key sources is told below.
      const reasons = warnings
        .reduce((rest, warning) => rest.replace(warning, ''), why)
        .replace(/^(?:; )+|(?:; )+$/g, '');
      if (reasons !== '') stderr.write(`  ${escapeText(reasons)}\n`);
    }
    for (const warning of warnings) this.#io.stderr.write(`git-sops: ${escapeText(warning)}\n`);
    this.#blobs.release();
  }

  /** Which version of a file it is, where that is not the one of a checkout. */
  async #revision(path: GitPath, oid: string | null): Promise<string | null> {
    if (!this.#looksBack || oid === null) return null;
    const { commitOfBlob } = await import('../../git/commit-of-blob.ts');
    const commit = await commitOfBlob(oid, path);
    return commit === null ? `blob ${oid.slice(0, 10)}` : `commit ${commit.slice(0, 10)}`;
  }

  /** While Git's answer is on its way, a file that is not as it was staged, as far as one can guess, is read; and what the first one needs is loaded. */
  #readAhead(path: GitPath, content: Uint8Array): Promise<Content> | null {
    if (!this.#warm) this.#rules.find(path).catch(() => {});
    else if (this.#indexAnswers) return null;
    this.#warm = true;
    if (content.length > largeFile || mayBeEncrypted(content)) return null;
    // Behind the question, which is on its way when this moment ends.
    const read = Promise.resolve().then(() => readContent(path, content));
    // Whoever needs it is told.
    read.catch(() => {});
    return read;
  }

  /**
   * One way there and back for all bases costs less than to know first which one it takes; not so where they are large, and where
   * file after file is as it was staged: Git looks each of them up in its folders anew.
   */
  #ask(path: GitPath, size: number): Promise<Blob | null>[] {
    if (size > largeFile) return [];
    return this.#read(this.#indexAnswers ? [indexObject(path)] : baseNames(path));
  }

  #read(names: readonly string[]): Promise<Blob | null>[] {
    const asked = names.map((name) => this.#blobs.read(name));
    for (const one of asked) one.catch(() => {});
    return asked;
  }

  /** The blobs that a working file may follow: what is staged, our side of a conflict, what is committed, their side. */
  async *#bases(path: GitPath, asked: Promise<Blob | null>[], seen: Blob[]): AsyncGenerator<Uint8Array> {
    const names = baseNames(path);
    this.#indexAnswers = true;
    for (const [i, name] of names.entries()) {
      if (i > 0) this.#indexAnswers = false;
      if (i > 0 && asked.length === 1) asked.push(...this.#read(names.slice(1)));
      const blob = await (asked[i] ?? this.#blobs.read(name));
      if (blob === null) continue;
      seen.push(blob);
      yield blob.content;
    }
  }

  /** In a conflict: their version and the common ancestor. */
  async #others(path: GitPath, asked: Promise<Blob | null>[]): Promise<OtherVersions | null> {
    const [, ours, , theirs] = await Promise.all(baseNames(path).map((name, i) => asked[i] ?? this.#blobs.read(name)));
    if (ours == null || theirs == null) return null;
    return { base: (await this.#blobs.read(indexObject(path, 1)))?.content ?? null, theirs: theirs.content };
  }

  async #baseIds(path: GitPath): Promise<string[]> {
    const blobs = await Promise.all(baseNames(path).map((name) => this.#blobs.read(name)));
    return idsOf(blobs.filter((blob) => blob !== null));
  }

  async #deleted(): Promise<DeletedFile[]> {
    const files = await deletedFiles();
    return files.map(({ path, oid }) => ({ path, read: async () => (await this.#blobs.read(oid))?.content ?? null }));
  }
}

/** Line ends of a binary file are its content; Git only ever converts those of its envelope. */
function isText(path: GitPath): boolean {
  return formatNameOf(path) !== 'binary';
}

/** Of a binary file Git may have converted the envelope alone; whatever else holds the words of one is content. */
async function isEnvelope(path: GitPath, content: Uint8Array): Promise<boolean> {
  try {
    return (await readSopsFile(path, toLf(content))) !== null;
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return false;
  }
}

/** The answers where Git has none of `baseNames`. */
const none: Promise<null>[] = Array.from({ length: 4 }, () => Promise.resolve(null));

function baseNames(path: GitPath): string[] {
  return [indexObject(path), indexObject(path, 2), treeObject('HEAD', path), indexObject(path, 3)];
}

/** Each once: a clean may ask for its bases twice. */
function idsOf(blobs: readonly Blob[]): string[] {
  return [...new Set(blobs.map(({ oid }) => oid))];
}
