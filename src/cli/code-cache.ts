import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Loads a file of `wrapped` code (scripts/build.mjs), with what V8 made of it the last time. A third of what a filter or hook of one file
 * costs Node is to compile the program, so V8's result is kept beside the program itself, where only those can write who could change the program: nowhere else.
 * Where that is nobody here, or V8 is another one, it is compiled as usual; Bun, which has no V8, requires it.
 * @param command what it is run for: which functions are worth keeping depends on that
 * @param id of the file's content, so that what V8 made of another build is never taken for this one's
 * @param require of a module in the same folder
 * @returns what the file exports
 */
export function loadCached(code: string, command: string, id: string, require: NodeJS.Require): unknown {
  if (process.versions['bun'] !== undefined) return require(code);
  const known = /^[a-z-]{1,20}$/.test(command) ? command : 'other';
  const file = join(dirname(code), `${basename(code, '.cjs')}-${id}-${known}-${process.version}-${process.arch}.cache`);
  const cachedData = read(file, code);
  // As a script it gives the function that is its module. To put that around it here would copy half a megabyte twice.
  const script = new Script(readFileSync(code, 'latin1'), { filename: code, ...(cachedData && { cachedData }) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, code, dirname(code));
  if (cachedData === undefined || script.cachedDataRejected === true) {
    // By then the functions that this command needs have been compiled.
    process.once('exit', (exitCode) => {
      if (exitCode === 0) write(file, code, () => script.createCachedData());
    });
  }
  return module.exports;
}

/** Undefined where there is none, a damaged one, or one that another user could have put there. */
function read(file: string, code: string): Buffer | undefined {
  try {
    const cache = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const { uid, mode } = fstatSync(cache);
      const trusted = process.platform === 'win32' || (uid === statSync(code).uid && (mode & 0o022) === 0);
      if (!trusted) return undefined;
      const whole = readFileSync(cache);
      // Of an odd length there is no half, and that throws.
      const half = whole.length / 2;
      return whole.compare(whole, half, whole.length, 0, half) === 0 ? whole.subarray(0, half) : undefined;
    } finally {
      closeSync(cache);
    }
  } catch {
    return undefined;
  }
}

/**
 * Whole or not at all, on the disk before it has its name. And twice: V8 trusts its own bytes, and ends the process over damaged ones; to compare
 * them costs a fraction of what it takes to load what makes a checksum.
 */
function write(file: string, code: string, content: () => Buffer): void {
  const own = `${file}.${process.pid}`;
  try {
    // What root wrote beside a user's program, `read` would not take. The program may be gone: a package is replaced under a filter.
    if (process.getuid !== undefined && process.getuid() !== statSync(code).uid) return;
    const made = content();
    const opened = openSync(own, 'wx', 0o644);
    try {
      writeFileSync(opened, Buffer.concat([made, made]));
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    renameSync(own, file);
  } catch {
    rmSync(own, { force: true });
  }
}
