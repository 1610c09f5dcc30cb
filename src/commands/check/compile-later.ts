interface Runtime {
  readonly Bun?: { readonly unsafe?: { setJITPolicy?(scale: number): void } };
}

/** So much later than usual: what a check of some thousand files runs often is not run often enough to be worth compiling. */
const later = 100;
/** What the executable begins with (scripts/build-standalone.mjs). */
const usual = 2;

/** Lets Bun's compiler set in later, or as it would: it costs a short check a third of its time. Other runtimes go their own way. */
export function compileLater(is: boolean): void {
  (globalThis as Runtime).Bun?.unsafe?.setJITPolicy?.(is ? later : usual);
}
