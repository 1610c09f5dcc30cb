import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Finding } from '../../../document/finding.ts';
import { GitSopsError } from '../../../errors.ts';
import type { Task } from './judge-blob.ts';

/** Entries that are written together: what an interruption may cost. */
const batch = 100;

/**
 * Remembers in a file what was judged, so that a run that was interrupted goes on, and the next one judges only what is new. What
 * a blob is found to be depends on nothing but the blob, its paths and their rules, so an entry never grows stale under one version.
 */
export class Journal {
  readonly #file: string;
  readonly #known = new Map<string, Finding[]>();
  #pending: string[] = [];

  /** @throws GitSopsError `invalid-journal` for a file that is something else */
  constructor(file: string, version: string) {
    this.#file = file;
    const head = JSON.stringify({ journal: 'git sops check --history', version });
    const lines = readLines(file);
    if (lines.length > 0 && !lines[0]?.startsWith('{"journal":"git sops check --history"')) {
      throw new GitSopsError('invalid-journal', { file });
    }
    if (lines[0] === head) for (const line of lines.slice(1)) this.#take(line);
    // Also takes away a last line that was cut off.
    const kept = [...this.#known].map(([key, findings]) => JSON.stringify([key, findings]));
    writeFileSync(file, `${[head, ...kept].join('\n')}\n`, { mode: 0o600 });
  }

  find(task: Task): Finding[] | undefined {
    return this.#known.get(keyOf(task));
  }

  add(task: Task, findings: Finding[]): void {
    this.#pending.push(JSON.stringify([keyOf(task), findings]));
    if (this.#pending.length >= batch) this.flush();
  }

  flush(): void {
    if (this.#pending.length > 0) appendFileSync(this.#file, `${this.#pending.join('\n')}\n`);
    this.#pending = [];
  }

  #take(line: string): void {
    try {
      const [key, findings] = JSON.parse(line) as [string, Finding[]];
      if (typeof key === 'string' && Array.isArray(findings)) this.#known.set(key, findings);
    } catch {
      // Cut off in the middle: it is judged again.
    }
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function keyOf({ oid, places }: Task): string {
  const rules = places.map(({ path, rules, link, filtered }) => [
    path,
    rules.map(({ selector }) => selector),
    link,
    filtered,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([oid, rules]))
    .digest('hex');
}
