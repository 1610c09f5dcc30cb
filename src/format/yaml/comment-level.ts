import { CommentRun } from '../comment-run.ts';

type Stack = readonly (readonly string[])[];

/** sops's comment stack at one level of the tree: the comments since the last value, above them those of the outer levels. */
export class CommentLevel {
  /** Nothing is added to the outer levels as long as this one is walked. */
  readonly #outer: Stack;
  readonly #outerKept: () => Stack;
  #own = new CommentRun();
  #now: Stack | null = null;

  constructor(outer: CommentLevel | null = null) {
    this.#outer = outer?.now ?? [];
    this.#outerKept = outer?.kept() ?? (() => []);
  }

  /** For a look now: it goes on growing. */
  get now(): Stack {
    this.#now ??= [...this.#outer, this.#own.now];
    return this.#now;
  }

  /** As it will be asked for later. */
  kept(): () => Stack {
    const own = this.#own.kept();
    return () => [...this.#outerKept(), own()];
  }

  inner(): CommentLevel {
    return new CommentLevel(this);
  }

  add(text: string): void {
    this.#own.push(text);
  }

  clear(): void {
    if (this.#own.now.length === 0) return;
    this.#own = new CommentRun();
    this.#now = null;
  }
}
