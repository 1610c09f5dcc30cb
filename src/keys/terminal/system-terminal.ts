import type { Terminal } from './terminal.ts';
import type { TtyOptions } from './tty.ts';

/** The terminal that controls this process, loaded when somebody is asked: hardly any run does, and each starts here. */
export function systemTerminal(options: TtyOptions): Terminal {
  let loaded: Promise<Terminal> | null = null;
  const tty = () => {
    loaded ??= import('./tty.ts').then(({ Tty }) => new Tty(options));
    return loaded;
  };
  return {
    ask: async (question, hidden) => (await tty()).ask(question, hidden),
    say: async (line) => (await tty()).say(line),
    absence: async () => (await tty()).absence(),
  };
}
