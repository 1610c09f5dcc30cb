import { readWorkFile, removeWorkFile, requireAsBefore, writeWorkFileOver } from '../../git/work-file.ts';
import type { Io } from '../io.ts';

/** Changes the lines that are ours in `.gitattributes` as it is now: since the plan was shown somebody may have added others. */
export async function changeAttributes(io: Io, change: (text: string) => string): Promise<void> {
  const before = readWorkFile(io.cwd, '.gitattributes')?.content ?? null;
  const text = before?.toString() ?? '';
  const changed = change(text);
  if (changed === text) return;
  if (changed !== '') return writeWorkFileOver(io.cwd, '.gitattributes', before, Buffer.from(changed));
  // One that holds nothing more is the one that we made.
  requireAsBefore(io.cwd, '.gitattributes', before);
  await removeWorkFile(io.cwd, '.gitattributes');
}
