import { join } from 'node:path';
import { loadCached } from './code-cache.ts';

declare const GIT_SOPS_CODE_ID: string;

/** `git sops check` in a file of its own, compiled already where that can be. */
export const { check, run } = loadCached(
  join(__dirname, 'check.cjs'),
  'check',
  GIT_SOPS_CODE_ID,
  require,
) as typeof import('./check.ts');
