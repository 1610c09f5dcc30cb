import { resolve } from 'node:path';
import { parseKeys } from '../parse-keys.ts';
import { type IdentitySource, NO_KEYS } from './identity-source.ts';
import { readKeyFile } from './key-file.ts';

/** `SOPS_AGE_KEY_FILE`: a key file's path, or a pipe's such as `/dev/fd/63`. */
export const ageKeyFile: IdentitySource = {
  name: 'SOPS_AGE_KEY_FILE',
  async load(context) {
    const path = context.env[this.name];
    if (!path) return NO_KEYS;
    const source = `${this.name} (${path})`;
    return readKeyFile(resolve(context.cwd, path), source, context, (content) => parseKeys(content, source, context));
  },
};
