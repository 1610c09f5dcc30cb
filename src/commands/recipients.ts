import { GitSopsError } from '../errors.ts';
import type { Io } from './io.ts';

const help = `git sops recipients: who can read what

Usage: git sops recipients list|add|remove      --help behind each

  list    the rules, who reads by them, and who asks to
  add     let somebody read, in .sops.yaml and in every file that the rule covers
  remove  let somebody read no more; new data keys, and a checklist of what they have seen
`;

export async function recipients([what = 'list', ...args]: string[], io: Io): Promise<number> {
  switch (what) {
    case 'list':
      return (await import('./recipients/list.ts')).list(args, io);
    case 'add':
      return (await import('./recipients/add.ts')).add(args, io);
    case 'remove':
      return (await import('./recipients/remove.ts')).remove(args, io);
    case '--help':
    case '-h':
      io.stdout.write(help);
      return 0;
    default:
      // `git sops recipients --json`: of the list.
      if (what.startsWith('-')) return (await import('./recipients/list.ts')).list([what, ...args], io);
      throw new GitSopsError('wrong-use', {
        detail: 'there are recipients list, add and remove',
        other: 'git sops recipients --help',
      });
  }
}
