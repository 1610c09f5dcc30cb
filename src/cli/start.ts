#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commitHooks } from '../git/hook-events.ts';
import { loadCached } from './code-cache.ts';
import { isVersion, version } from './version.ts';

declare const GIT_SOPS_CODE_ID: string;

/**
 * What npm puts into the PATH. All is in few files, past Node's loader of modules and compiled already where that can be (code-cache.ts): to
 * find and compile seventy modules takes Node three times its own start.
 */
const [command = '', first = ''] = process.argv.slice(2);
// A link of that name makes this program a sops.
const isSops = basename(process.argv[1] ?? '') === 'sops';
if (!isSops && command === 'hook' && commitHooks.some((event) => event === first)) require('./plumbing-start.ts');
else if (!isSops && isVersion(command)) writeSync(1, `git-sops ${version}\n`);
else if (!isSops && command === 'check') (require('./check-start.ts') as typeof import('./check-start.ts')).run();
// The first word of a sops may be a file's name.
else loadCached(join(__dirname, 'main-code.cjs'), isSops ? 'sops' : command, GIT_SOPS_CODE_ID, require);
