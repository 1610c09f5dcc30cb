import { join } from 'node:path';
import { loadCached } from './code-cache.ts';

declare const GIT_SOPS_CODE_ID: string;

/** What Git starts when Node or Bun runs it. */
const [command = ''] = process.argv.slice(2);
const code = command === 'hook' ? 'hook-code.cjs' : 'plumbing-code.cjs';
loadCached(join(__dirname, code), command, GIT_SOPS_CODE_ID, require);
