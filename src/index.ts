/** The library: one SOPS file at a time, without Git. The command line is `cli/main.ts`. */
export type { CryptoBackend } from './crypto/backend.ts';
export { nobleBackend } from './crypto/noble-backend.ts';
export { nodeBackend } from './crypto/node-backend.ts';
export { type CleanRequest, cleanFile } from './document/clean.ts';
export { type Finding, type FindingKind, findingKinds, type Severity, severityOf } from './document/finding.ts';
export { type Judged, judge } from './document/judge.ts';
export { type Opened, openFile } from './document/open.ts';
export { type Smudged, smudgeFile } from './document/smudge.ts';
export { readSopsFile, type SopsFile } from './document/sops-file.ts';
export { type ErrorCode, GitSopsError } from './errors.ts';
export { createKeyring, type Keyring } from './keys/keyring.ts';
