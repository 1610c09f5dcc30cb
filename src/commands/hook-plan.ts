import type { Step } from './init.ts';
import type { Io } from './io.ts';

export async function hookPlan(_io: Io): Promise<Step[]> {
  return [];
}

export async function removeHooks(_io: Io): Promise<string[]> {
  return [];
}
