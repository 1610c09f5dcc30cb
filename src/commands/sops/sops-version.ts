/** Whose command line this one follows. */
export { SOPS_VERSION } from '../../document/new-file.ts';
