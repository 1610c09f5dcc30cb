import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { KeyContext } from '../key-context.ts';

/** `XDG_RUNTIME_DIR` where it is what the standard promises: ours and closed to others. */
export function runtimeFolder({ XDG_RUNTIME_DIR: folder = '' }: KeyContext['env']): string | null {
  if (!isAbsolute(folder)) return null;
  const stat = statSync(folder, { throwIfNoEntry: false });
  const ours = stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
  return ours ? folder : null;
}
