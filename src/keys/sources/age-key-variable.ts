import { parseKeys } from '../parse-keys.ts';
import { type IdentitySource, NO_KEYS } from './identity-source.ts';

/** `SOPS_AGE_KEY`: identities themselves, several on a line if need be. */
export const ageKeyVariable: IdentitySource = {
  name: 'SOPS_AGE_KEY',
  async load(context) {
    const text = context.env[this.name];
    return text ? parseKeys(Buffer.from(text), this.name, context, true) : NO_KEYS;
  },
};
