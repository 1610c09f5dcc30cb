declare const GIT_SOPS_VERSION: string | undefined;

/** The package's version; the build puts it in. */
export const version = typeof GIT_SOPS_VERSION === 'string' ? GIT_SOPS_VERSION : '0.0.0-source';
