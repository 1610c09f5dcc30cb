/** sops's comment stack at one level of the tree: the comments since the last value, above them those of the outer levels. */
export class CommentLevel {
  readonly #outer: readonly (readonly string[])[];
  #own: readonly string[] = [];
  #stack: readonly (readonly string[])[] | null = null;

  constructor(outer: readonly (readonly string[])[]) {
    this.#outer = outer;
  }

  /** Leaves keep it, so it is never changed, only replaced. */
  get stack(): readonly (readonly string[])[] {
    this.#stack ??= [...this.#outer, this.#own];
    return this.#stack;
  }

  inner(): CommentLevel {
    return new CommentLevel(this.stack);
  }

  add(text: string): void {
    this.#own = [...this.#own, text];
    this.#stack = null;
  }

  clear(): void {
    if (this.#own.length === 0) return;
    this.#own = [];
    this.#stack = null;
  }
}
