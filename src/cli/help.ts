import { commands } from './commands.ts';

export function overview(version: string): string {
  const shown = Object.entries(commands).filter(([, entry]) => entry.plumbing !== true);
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `git-sops ${version}: SOPS-encrypted secrets as ordinary files in Git

Usage: git sops <command> [options]     git sops <command> -h     git sops --help (the manual page)

${lines.join('\n')}

After git sops init, plain Git does the rest: git add encrypts, git diff shows plaintext, git commit refuses leaks.
`;
}

/** What to type where there is no such command. */
export function instead(word: string): string {
  const isSops = ['publish', 'keyservice', 'completion'].includes(word);
  return isSops ? `the real sops, which has it: sops ${word} --help` : `git sops ${nearest(word) ?? 'help'}`;
}

/** The command that was probably meant, or null: not more than half of the word may be wrong. */
function nearest(word: string): string | null {
  let best: string | null = null;
  let least = Math.min(3, Math.floor(word.length / 2) + 1);
  for (const name of Object.keys(commands)) {
    const distance = editDistance(word, name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
