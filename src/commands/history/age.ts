import { GitSopsError } from '../../errors.ts';

const day = 86_400_000;
const days = { d: 1, w: 7, m: 30, y: 365 } as const;

/** `90d`, `12w`, `6m` (of 30 days), `1y` (of 365) in milliseconds. @throws GitSopsError `wrong-use` */
export function parseAge(text: string): number {
  const found = /^(\d{1,5})([dwmy])$/.exec(text);
  if (found !== null) return Number(found[1]) * days[found[2] as keyof typeof days] * day;
  throw new GitSopsError('wrong-use', {
    detail: `"${text}" is no age: write 90d, 12w, 6m or 1y`,
    other: 'git sops status --age --older-than 90d',
  });
}

export function showAge(date: string, now: Date): string {
  const age = Math.floor((now.getTime() - Date.parse(date)) / day);
  return Number.isNaN(age) ? '?' : age < 1 ? 'today' : `${age} d`;
}
