import { hook } from '../hook.ts';
import type { Io } from '../io.ts';

/** `hook NAME`: those of a commit, and those of a push, which Git starts seldom and which need far more. */
export async function anyHook(args: string[], io: Io): Promise<number> {
  switch (args[0]) {
    case 'pre-receive':
      return (await import('../push/pre-receive.ts')).preReceive(io);
    case 'pre-push':
      return (await import('../push/pre-push.ts')).prePush(args.slice(1), io);
    default:
      return hook(args, io);
  }
}
