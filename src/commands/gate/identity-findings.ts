import type { Finding } from '../../document/finding.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { shellPath } from '../../quote.ts';

/** What is wrong with the identities that a judgement used, and how many sentences of the keyring say just that. */
export function identityFindings(keyring: Keyring): Finding[] {
  return keyring.concerns().map(({ code, facts }) => {
    if (code === 'key-file-exposed') {
      const path = facts.other ?? facts.detail ?? '';
      return { kind: 'exposed-identity', path, mend: `chmod 600 ${shellPath(path)}` };
    }
    return { kind: 'weak-identity', path: facts.detail ?? '', line: facts.line, mend: 'git sops keygen' };
  });
}

/** The keyring's other sentences: what is a finding is not told twice. */
export function otherWarnings(keyring: Keyring): string[] {
  const told = new Set(keyring.concerns().map(({ message }) => message));
  return keyring.warnings().filter((warning) => !told.has(warning));
}
