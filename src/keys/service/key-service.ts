import type { ForeignKind, MetadataRecord } from '../master-key.ts';

/** A key as sops's key-service protocol names it. */
export type ServiceKey =
  | { readonly kind: 'age'; readonly recipient: string }
  /** The fields are those of sops's metadata. */
  | { readonly kind: ForeignKind; readonly fields: MetadataRecord };

/** What wraps data keys, or Shamir parts of them, with keys of its own (sops's keyservice/keyservice.proto). */
export interface KeyService {
  /** How users know it. */
  readonly name: string;
  /** @returns what sops stores in `enc` @throws Error with what the service says */
  encrypt(key: ServiceKey, part: Uint8Array): Promise<string>;
  /** @throws Error with what the service says */
  decrypt(key: ServiceKey, wrapped: string): Promise<Uint8Array>;
}
