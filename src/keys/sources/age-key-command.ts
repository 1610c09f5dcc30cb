import { parseKeys } from '../parse-keys.ts';
import { keyCommand } from './key-command.ts';

/** `SOPS_AGE_KEY_CMD`: a command that prints identities. */
export const ageKeyCommand = keyCommand('SOPS_AGE_KEY_CMD', (output, context) =>
  parseKeys(output, 'SOPS_AGE_KEY_CMD', context),
);
