/** One thing that init would do, in the words of the plan. */
export interface Step {
  readonly what: string;
  run(): Promise<void>;
}
