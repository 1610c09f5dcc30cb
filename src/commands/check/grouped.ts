import { type Finding, isLeak } from '../../document/finding.ts';

/** A finding for people, and how many later versions of the file have it too. */
export interface Grouped {
  readonly finding: Finding;
  readonly later: number;
}

/** In history one leak may stand in many versions of a file: people see the first. */
export function grouped(findings: readonly Finding[]): Grouped[] {
  const groups = new Map<string, { finding: Finding; later: number }>();
  for (const finding of findings) {
    const { kind, path, keyPath, foundIn, detail, line } = finding;
    const key = JSON.stringify([kind, path, keyPath, foundIn === undefined ? [detail, line] : null]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { finding, later: 0 });
    else group.later++;
  }
  return [...groups.values()];
}

/** A secret that a commit, or a tag, has or had. */
export function inHistory({ kind, foundIn, ref }: Finding): boolean {
  return (foundIn !== undefined || ref !== undefined) && isLeak(kind);
}

/** What to do when a secret is in history, in the order in which it helps. */
export const response = [
  'Change the secrets themselves, wherever they are used: whoever fetched a commit has them.',
  'Encrypt the files by the rules: git sops init, git add --renormalize -- FILE, git commit.',
  'Rewriting history alone is not enough: clones, forks, caches and mirrors keep the old commits.',
] as const;
