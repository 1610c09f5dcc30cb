import { readFileSync } from 'node:fs';

/**
 * Whether this process may use its terminal: one in the background that tries is stopped by the kernel (SIGTTIN), for good.
 * Where that cannot be found out it is taken to be so.
 */
export async function isForeground(platform: NodeJS.Platform): Promise<boolean> {
  if (platform === 'win32') return true;
  const groups = platform === 'linux' ? fromProc() : await fromPs();
  return groups === null || groups.own === groups.foreground;
}

interface Groups {
  readonly own: string;
  readonly foreground: string;
}

/** proc_pid_stat(5): behind the name in brackets come state, parent, group, session, terminal and the terminal's group. */
function fromProc(): Groups | null {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , own, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return own === undefined || foreground === undefined ? null : { own, foreground };
  } catch {
    return null;
  }
}

async function fromPs(): Promise<Groups | null> {
  // Loaded here alone: a start with /proc needs no processes.
  const { askPs } = await import('./ps.ts');
  const [own, foreground] = (await askPs('pgid=,tpgid=')).split(/\s+/);
  return own === undefined || foreground === undefined ? null : { own, foreground };
}
