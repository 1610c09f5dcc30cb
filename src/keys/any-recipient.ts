import type { ForeignRecipient } from './foreign-recipient.ts';
import { FOREIGN_KINDS } from './master-key.ts';
import type { AgeRecipient } from './recipient.ts';

/** Someone for whom a data key can be wrapped. */
export type Recipient = AgeRecipient | ForeignRecipient;

/** Whether it is none of age's. */
export function isForeign(recipient: Recipient): recipient is ForeignRecipient {
  return FOREIGN_KINDS.some((kind) => kind === recipient.kind);
}
