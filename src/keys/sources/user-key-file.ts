import { posix, win32 } from 'node:path';
import type { KeyContext } from '../key-context.ts';
import { parseKeys } from '../parse-keys.ts';
import { type IdentitySource, NO_KEYS } from './identity-source.ts';
import { readKeyFile } from './key-file.ts';

/** Where sops looks for the user's keys on this system; null where it would not know. */
export function userKeyFilePath({ env, platform, home }: Pick<KeyContext, 'env' | 'platform' | 'home'>): string | null {
  if (platform === 'win32') {
    const { AppData, APPDATA } = env;
    const appData = AppData || APPDATA;
    return appData ? win32.join(appData, 'sops', 'age', 'keys.txt') : null;
  }
  const { XDG_CONFIG_HOME: xdg } = env;
  if (platform === 'darwin') {
    const config = xdg || (home && posix.join(home, 'Library', 'Application Support'));
    return config ? posix.join(config, 'sops/age/keys.txt') : null;
  }
  // Go's os.UserConfigDir takes no relative path.
  if (xdg) return posix.isAbsolute(xdg) ? posix.join(xdg, 'sops/age/keys.txt') : null;
  return home ? posix.join(home, '.config/sops/age/keys.txt') : null;
}

/** The user's `sops/age/keys.txt`. That there is none is no problem. */
export const userKeyFile: IdentitySource = {
  name: 'sops/age/keys.txt',
  async load(context) {
    const path = userKeyFilePath(context);
    if (path === null) return NO_KEYS;
    const parse = (content: Buffer) => parseKeys(content, path, context);
    return readKeyFile(path, path, context, parse, { mayBeMissing: true });
  },
};
