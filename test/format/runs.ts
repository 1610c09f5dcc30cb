/** How often a property is tried; `GIT_SOPS_SLOW=1` asks for twenty times as much. */
export function runs(count: number): { seed: number; numRuns: number } {
  const slow = process.env['GIT_SOPS_SLOW'] === '1';
  return { seed: slow ? Date.now() : 42, numRuns: slow ? 20 * count : count };
}
