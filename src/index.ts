/** The library: one SOPS file at a time, without Git. The command line is `cli/main.ts`. */
export { nodeBackend } from './crypto/node-backend.ts';
export { createKeyring } from './keys/keyring.ts';
export * from './portable.ts';
