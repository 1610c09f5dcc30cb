import { readlinkSync } from 'node:fs';
import { askPs } from './ps.ts';

/** The terminal that this process runs on, as another process can open it (`/dev/pts/3`); null where there is none. */
export async function terminalName(platform: NodeJS.Platform): Promise<string | null> {
  if (platform === 'win32') return null;
  for (const descriptor of [2, 1, 0]) {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      if (/^\/dev\/(?:pts\/\d+|tty\w+)$/.test(path)) return path;
    } catch {
      // Not every system has /proc.
    }
  }
  const name = await askPs('tty=');
  return /^(?:pts\/\d+|tty\w+|s\d+)$/.test(name) ? `/dev/${name.replace(/^s/, 'ttys')}` : null;
}
