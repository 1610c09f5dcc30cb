import { type ErrorCode, type Facts, sentence } from './messages.ts';
import { escapeText } from './quote.ts';

/** Every way in which git-sops refuses, by name. A closed union: one entry of `messages.ts` each. */
export type { ErrorCode };

/**
 * The one error class. It carries facts, never a secret's value; the sentence is made from
 * `messages.ts`, so that a caller (the filter, a reporter, a library user) may also make its own.
 */
export class GitSopsError extends Error {
  override readonly name = 'GitSopsError';

  /** The class may be there twice: what is called often is a bundle of its own. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    return error instanceof Error && error.name === 'GitSopsError';
  }

  readonly code: ErrorCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, facts: Facts = {}, options?: { cause?: unknown }) {
    super(sentence(code).say(shown(facts)), options);
    this.code = code;
    this.facts = facts;
  }

  /** The command that mends it, on one line, or null where there is none. */
  get hint(): string | null {
    const mend = sentence(this.code).mend?.(this.facts) ?? null;
    return mend === null ? null : escapeText(mend);
  }

  /** sops's exit code where sops has one for this, else 1. */
  get exitCode(): number {
    return this.facts.exit ?? sentence(this.code).exit ?? 1;
  }

  /** The same error with further facts, such as the file that a parser could not know. */
  with(facts: Facts): GitSopsError {
    return new GitSopsError(this.code, { ...this.facts, ...facts }, { cause: this.cause });
  }
}

/** A sentence may have lines of its own; what it tells of others (names in files, words of programs) is never one, and no order to a terminal. */
function shown(facts: Facts): Facts {
  const escaped = (value: unknown) => (typeof value === 'string' ? escapeText(value) : value);
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? value.map(escaped) : escaped(value)]),
  );
}
