import type { AgeFile } from './age/age-file.ts';

/** The private side of a recipient. What it is made of never leaves it. */
export interface Identity {
  readonly kind: 'x25519' | 'hybrid' | 'ssh' | 'plugin' | 'encrypted';
  /** Whether opening may ask the user, or start a program that does: then it is tried last. */
  readonly asks: boolean;
  /** What it is called where its recipient is not known. */
  readonly hidden?: string;
  /** The age plugin that opens for it, where one does. */
  readonly plugin?: string;
  /**
   * The recipient that belongs to it; null where nobody can tell without asking. A hybrid one loads `age-encryption` for this.
   */
  recipient(): Promise<string | null>;
  /**
   * @returns what the file wraps; null when it is for someone else
   * @throws Error when it is for this identity, or claims to be, and broken; GitSopsError when the user did not let it open
   */
  open(file: AgeFile): Promise<Uint8Array | null>;
  /** The same where many are opened at once, if there is a quicker way for that; null also where `open` must say what is wrong. */
  openAhead?(file: AgeFile): Promise<Uint8Array | null>;
}
