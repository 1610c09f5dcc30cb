import { appendFileSync, writeSync } from 'node:fs';
import { escapeText } from '../quote.ts';

/** `GIT_SOPS_TRACE=1` writes to stderr, `GIT_SOPS_TRACE=/some/file` appends there. Names, counts and times; never a value. */
export function createTrace(target: string | undefined): (message: string | (() => string)) => void {
  if (target === undefined || target === '' || target === '0') return () => {};
  const started = performance.now();
  return (message) => {
    const line = `git-sops[${process.pid}] ${(performance.now() - started).toFixed(1)} ms  ${escapeText(typeof message === 'string' ? message : message())}\n`;
    if (target === '1') writeSync(2, line);
    else appendFileSync(target, line, { mode: 0o600 });
  };
}
