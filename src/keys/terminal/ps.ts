import { execFile } from 'node:child_process';

/**
 * What ps(1) says of this process, for systems without /proc; empty where it says nothing. By its path: the current folder is a repository.
 * @param columns as in `-o`, each with `=` for no heading
 */
export function askPs(columns: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('/bin/ps', ['-o', columns, '-p', `${process.pid}`], { timeout: 2000 }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : ''),
    );
  });
}
