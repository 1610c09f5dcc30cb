/** The comments since the last value of a level: sops's comment stack has one such run for each level. */
export class CommentRun {
  readonly #texts: string[] = [];

  push(text: string): void {
    this.#texts.push(text);
  }

  /** All so far, for a look now: the list goes on growing. */
  get now(): readonly string[] {
    return this.#texts;
  }

  /**
   * All so far, as they will be asked for later. Ten thousand comments in a row would cost a copy of ten thousand each, if
   * every leaf had its own.
   */
  kept(): () => readonly string[] {
    const count = this.#texts.length;
    return () => this.#texts.slice(0, count);
  }
}
