import { parseIdentities } from './identity.ts';
import { type IdentitySource, NO_KEYS } from './identity-source.ts';

/** `SOPS_AGE_KEY`: identities themselves, several on a line if need be. */
export const ageKeyVariable: IdentitySource = {
  name: 'SOPS_AGE_KEY',
  async load({ env }) {
    const text = env[this.name];
    return text ? { ...parseIdentities(text, this.name, true), warnings: [] } : NO_KEYS;
  },
};
