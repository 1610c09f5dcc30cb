import { GitSopsError } from '../errors.ts';
import { escapeText, quotePath } from '../quote.ts';

/** One sentence with its place, and the command that mends it. An unknown error shows its message, and its stack only when traced. */
export function reportError(error: unknown, io: { stderr: NodeJS.WritableStream; traced: boolean }): number {
  if (error instanceof GitSopsError) {
    const { file, line, column } = error.facts;
    const place = [file === undefined ? null : quotePath(file), line, column].filter((part) => part != null).join(':');
    io.stderr.write(`git-sops: ${place === '' ? '' : `${place}: `}${error.message}\n`);
    if (error.hint !== null) io.stderr.write(`  try: ${error.hint}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  io.stderr.write(`git-sops: internal error: ${escapeText(message)}\n`);
  if (io.traced && error instanceof Error) {
    io.stderr.write(`${(error.stack ?? '').split('\n').map(escapeText).join('\n')}\n`);
  }
  return 1;
}
