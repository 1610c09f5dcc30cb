declare const GIT_SOPS_VERSION: string | undefined;

/** The package's version; the build puts it in. */
export const version = typeof GIT_SOPS_VERSION === 'string' ? GIT_SOPS_VERSION : '0.0.0-source';

/** Whether it is what people type to see it. */
export function isVersion(word: string | undefined): boolean {
  return word === '--version' || word === '-v' || word === 'version';
}
