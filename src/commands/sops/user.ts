import { readFileSync } from 'node:fs';
import { GitSopsError } from '../../errors.ts';

/** A user of this machine, by name. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly env: { readonly HOME: string; readonly USER: string; readonly LOGNAME: string };
}

/** @throws GitSopsError `wrong-use` for a name that `/etc/passwd` does not have */
export function findUser(name: string): User {
  const lines = process.platform === 'win32' ? [] : readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid, , home] = lines.map((line) => line.split(':')).find(([user]) => user === name) ?? [];
  if (uid === undefined || gid === undefined || home === undefined) {
    throw new GitSopsError('wrong-use', { detail: `there is no user "${name}" here`, exit: 1 });
  }
  return { uid: Number(uid), gid: Number(gid), env: { HOME: home, USER: name, LOGNAME: name } };
}
