/** Positions in the three versions of a container that belong together, in the order of the result. Null: not there. */
export interface Match {
  readonly base: number | null;
  readonly ours: number | null;
  readonly theirs: number | null;
}

/**
 * Of these nobody can say which belong together: both sides put different items at the same place of a list whose items have
 * no identity, or both changed one so that it may be two things now; or entries with one key.
 */
export interface Collision {
  readonly base: readonly number[];
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

export type Slot = Match | Collision;

export function isCollision(slot: Slot): slot is Collision {
  return Array.isArray(slot.ours);
}
