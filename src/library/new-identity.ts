export interface NewIdentity {
  /** `AGE-SECRET-KEY-1…`. Secret. */
  readonly identity: string;
  /** `age1…`: its public side. */
  readonly recipient: string;
}

/** A new X25519 identity of age from the CSPRNG; `git sops keygen` writes one into a key file. */
export async function newIdentity(): Promise<NewIdentity> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}
