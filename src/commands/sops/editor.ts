import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { GitSopsError } from '../../errors.ts';
import { findProgram } from '../../find-program.ts';
import { splitShellWords } from '../../keys/shell-words.ts';
import type { Io } from '../io.ts';
import type { PrivateFolder } from '../repository/private-folder.ts';

/** Where nobody named one. */
const usual: readonly (readonly [string])[] = [['vim'], ['nano'], ['vi']];

/**
 * Lets the user's editor have a file: `SOPS_EDITOR`, else `EDITOR`, else one of the usual three.
 * @throws GitSopsError `editor-failed` (exit 201)
 */
export async function runEditor(path: string, io: Io, folder: PrivateFolder): Promise<void> {
  const { env } = io;
  const variable = env['SOPS_EDITOR'] ? 'SOPS_EDITOR' : 'EDITOR';
  const named = env[variable];
  if (!named) {
    for (const words of usual) if (await started(words, path, io, folder)) return;
    throw new GitSopsError('editor-failed', { detail: 'was not found: neither of vim, nano and vi is installed' });
  }
  const words = splitShellWords(named);
  if (words === null || words.length === 0) {
    throw new GitSopsError('editor-failed', {
      detail: `is not a command (${variable} has an open quote, or is blank)`,
    });
  }
  if (await started(words, path, io, folder)) return;
  throw new GitSopsError('editor-failed', { detail: `was not found: ${variable} names ${words[0]}` });
}

/** @returns false where there is no such program */
async function started(words: readonly string[], path: string, io: Io, folder: PrivateFolder): Promise<boolean> {
  const [word = '', ...args] = words;
  // The current folder is a repository: a name alone is none of its files.
  const program = word === basename(word) ? findProgram(word, io) : word;
  if (program === null) return false;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, path], { stdio: 'inherit', env: io.env });
    folder.passSignals((signal) => child.kill(signal));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(false);
      else reject(new GitSopsError('editor-failed', { detail: `could not be started (${error.code})` }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(true);
      else reject(new GitSopsError('editor-failed', { detail: `ended by ${signal ?? `exit code ${code}`}` }));
    });
  });
}
