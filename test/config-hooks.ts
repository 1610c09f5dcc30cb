import { spawnSync } from 'node:child_process';
import { hasConfigHooks } from '../src/git/config-hook.ts';
import { parseGitVersion } from '../src/git/version.ts';

/** Whether this Git runs hooks of its configuration. */
export const configHooks = hasConfigHooks(parseGitVersion(spawnSync('git', ['version']).stdout.toString()));
