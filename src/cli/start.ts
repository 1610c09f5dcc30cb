#!/usr/bin/env node
import { basename } from 'node:path';
import { commitHooks } from '../git/hook-events.ts';

/**
 * What npm puts into the PATH. Node takes half of its own start once more to load modules, and what is loaded that way is compiled
 * anew each time: what every commit and every CI job waits for does without (code-cache.ts).
 */
const [command, first = ''] = process.argv.slice(2);
// A link of that name makes this program a sops.
if (basename(process.argv[1] ?? '') === 'sops') void import('./main.ts');
else if (command === 'hook' && commitHooks.some((event) => event === first)) require('./plumbing-start.ts');
else if (command === 'check') (require('./check-start.ts') as typeof import('./check-start.ts')).run();
else void import('./main.ts');
