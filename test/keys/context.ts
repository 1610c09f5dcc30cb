import { tmpdir } from 'node:os';
import { GitSopsError } from '../../src/errors.ts';
import type { KeyContext } from '../../src/keys/key-context.ts';
import type { Terminal } from '../../src/keys/terminal/terminal.ts';

/** A terminal at which nobody sits. */
const nobody: Terminal = {
  async ask(question) {
    throw new GitSopsError('nobody-to-ask', { detail: question, other: 'there is no terminal' });
  },
  say: async () => false,
  absence: async () => 'there is no terminal',
};

/** A user who types these answers, one for each question, and what was asked. */
export function user(...answers: readonly string[]): Terminal & { readonly asked: string[] } {
  const asked: string[] = [];
  const left = [...answers];
  return {
    asked,
    async ask(question) {
      const answer = left.shift();
      asked.push(question);
      return answer ?? nobody.ask(question, true);
    },
    async say(line) {
      asked.push(line);
      return true;
    },
    absence: async () => null,
  };
}

/** A machine without a user, keys and variables. */
export const context: KeyContext = {
  env: {},
  platform: process.platform,
  home: null,
  cwd: tmpdir(),
  timeLimit: 5000,
  answerLimit: 5000,
  terminal: nobody,
};
