import { GitSopsError } from '../../errors.ts';

/** What the doctor says of one thing. */
export interface Answer {
  /** `bad` makes the exit code 1. */
  readonly level: 'ok' | 'note' | 'bad';
  readonly text: string;
  /** What to type, or to do. */
  readonly mend?: string;
}

/** The answers to a question; a refusal is one too, and the next question is asked. */
export async function ask(what: string, question: () => Promise<readonly Answer[]>): Promise<readonly Answer[]> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    const { file, line, column } = error.facts;
    const place = [file ?? what, line, column].filter((part) => part != null).join(':');
    return [{ level: 'bad', text: `${place}: ${error.message}`, ...(error.hint !== null && { mend: error.hint }) }];
  }
}
