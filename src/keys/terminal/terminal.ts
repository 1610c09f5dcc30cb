import { GitSopsError } from '../../errors.ts';

/** Where the user may be asked, whatever stdin and stdout are: under a filter both are Git's. */
export interface Terminal {
  /**
   * A line from the user. Questions wait for each other.
   * @param hidden whether the answer does not show while it is typed
   * @throws GitSopsError `nobody-to-ask`, `not-answered`
   */
  ask(question: string, hidden: boolean): Promise<string>;
  /** Shows a line to the user. @returns false where nobody would see it */
  say(line: string): Promise<boolean>;
  /** Why nobody can be asked; null where somebody can. */
  absence(): Promise<string | null>;
}

/** What a passphrase that does not fit makes whoever tries it throw. */
export class WrongPassphrase extends Error {}

/** As ssh. */
const mostTries = 3;

/**
 * Asks for a passphrase until it fits, three times at most.
 * @param name whose passphrase: the name of a file
 * @throws GitSopsError `nobody-to-ask`, `not-answered`, `wrong-passphrase`; whatever else `use` throws
 */
export async function withPassphrase<T>(
  terminal: Terminal,
  name: string,
  use: (passphrase: string) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const again = tries === 1 ? '' : 'that was not it; ';
    const passphrase = await terminal.ask(`${again}passphrase for ${name}`, true);
    try {
      return await use(passphrase);
    } catch (error) {
      if (!(error instanceof WrongPassphrase)) throw error;
      if (tries === mostTries) throw new GitSopsError('wrong-passphrase', { detail: name });
    }
  }
}
