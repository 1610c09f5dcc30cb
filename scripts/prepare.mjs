// npm's `prepare`: husky's hooks for those who work on git-sops. Not in CI, not from a tarball, not without Git.
import { existsSync } from 'node:fs';

if (!process.env.CI && existsSync('.git')) {
  try {
    const { default: husky } = await import('husky');
    process.stdout.write(husky());
  } catch {
    // husky is a development dependency; a production install does without.
  }
}
