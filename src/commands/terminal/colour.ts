import type { Io } from '../io.ts';

/** Colour only on terminals; NO_COLOR and FORCE_COLOR have the last word. */
export function colourOn(stream: { readonly isTTY?: boolean }, { env }: Io): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'] ?? '';
  if (force !== '') return force !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
