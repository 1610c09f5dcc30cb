/**
 * The library where there are no `node:` modules: browsers, Deno, edge runtimes. `encrypt`, `update`, `decrypt` and `inspect` are what most
 * programs need; below them stand the parts that the command line is made of, for which `nobleBackend` is the backend here.
 */
export type { CryptoBackend } from './crypto/backend.ts';
export { nobleBackend } from './crypto/noble-backend.ts';
export { type CleanRequest, cleanFile } from './document/clean.ts';
export type { CreationRule } from './document/creation-rule.ts';
export { type EncryptRequest, encryptFile } from './document/encrypt-file.ts';
export { type Finding, type FindingKind, findingKinds, type Severity, severityOf } from './document/finding.ts';
export { type Judged, judge } from './document/judge.ts';
export { type Opened, openFile } from './document/open.ts';
export { createRuleFinder, type RuleFinder } from './document/rule-finder.ts';
export { type Smudged, smudgeFile } from './document/smudge.ts';
export { readSopsFile, type SopsFile } from './document/sops-file.ts';
export { type ErrorCode, GitSopsError } from './errors.ts';
export type { FormatName } from './format/format.ts';
export { keyringOf } from './keys/identity-keyring.ts';
export type { Keyring } from './keys/keyring.ts';
export { type DecryptOptions, decrypt } from './library/decrypt.ts';
export { type EncryptOptions, encrypt } from './library/encrypt.ts';
export type { FileOptions, KeyOptions, Source } from './library/file-options.ts';
export { type FileInfo, inspect } from './library/inspect.ts';
export { type NewIdentity, newIdentity } from './library/new-identity.ts';
export type { Protection } from './library/rule-of.ts';
export { type UpdateOptions, update } from './library/update.ts';
export type { Selector } from './tree/selector.ts';
