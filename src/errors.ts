import { type Facts, type Sentence, sentences } from './messages.ts';

/** Every way in which git-sops refuses, by name. A closed union: one entry of `messages.ts` each. */
export type ErrorCode = keyof typeof sentences;

/**
 * The one error class. It carries facts, never a secret's value; the sentence is made from
 * `messages.ts`, so that a caller (the filter, a reporter, a library user) may also make its own.
 */
export class GitSopsError extends Error {
  override readonly name = 'GitSopsError';
  readonly code: ErrorCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, facts: Facts = {}, options?: { cause?: unknown }) {
    super(sentence(code).say(facts), options);
    this.code = code;
    this.facts = facts;
  }

  /** The command that mends it, or null where there is none. */
  get hint(): string | null {
    return sentence(this.code).mend?.(this.facts) ?? null;
  }

  /** sops's exit code where sops has one for this, else 1. */
  get exitCode(): number {
    return sentence(this.code).exit ?? 1;
  }

  /** The same error with further facts, such as the file that a parser could not know. */
  with(facts: Facts): GitSopsError {
    return new GitSopsError(this.code, { ...this.facts, ...facts }, { cause: this.cause });
  }
}

function sentence(code: ErrorCode): Sentence {
  return sentences[code];
}
