import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { GitSopsError } from '../../errors.ts';
import { escapeText } from '../../quote.ts';
import { isForeground } from './foreground.ts';
import { Keyboard } from './keyboard.ts';
import type { Terminal } from './terminal.ts';
import { TypedLine } from './typed-line.ts';

export interface TtyOptions {
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: NodeJS.Platform;
  /** Milliseconds that an answer may take. */
  readonly timeLimit: number;
}

/** In milliseconds: faster than anybody types. */
const pollEvery = 20;
const ending = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

/** The terminal that controls this process, past stdin and stdout. */
export class Tty implements Terminal {
  readonly #options: TtyOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: TtyOptions) {
    this.#options = options;
  }

  ask(question: string, hidden: boolean): Promise<string> {
    const answer = this.#turn.then(() => this.#ask(question, hidden));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async say(line: string): Promise<boolean> {
    await this.#turn;
    if ((await this.absence()) !== null) return false;
    const output = openOutput(this.#options.platform);
    writeSync(output, `git-sops: ${escapeText(line)}\r\n`);
    closeSync(output);
    return true;
  }

  async absence(): Promise<string | null> {
    const { env, platform } = this.#options;
    const { GIT_TERMINAL_PROMPT: wanted = '1', CI: ci = '' } = env;
    // Git's own way to say that nobody shall be asked (git(1)), and what most CI services set.
    if (/^(?:0|false|no|off|)$/i.test(wanted)) return 'GIT_TERMINAL_PROMPT forbids it';
    if (!/^(?:0|false|no|)$/i.test(ci)) return 'CI is set, where nobody answers';
    try {
      closeSync(openOutput(platform));
    } catch {
      return 'there is no terminal';
    }
    return (await isForeground(platform)) ? null : 'this runs in the background';
  }

  async #ask(question: string, hidden: boolean): Promise<string> {
    const absence = await this.absence();
    if (absence !== null) throw new GitSopsError('nobody-to-ask', { detail: question, other: absence });
    const { platform } = this.#options;
    const output = openOutput(platform);
    const keyboard = new Keyboard(platform);
    const leaveRawMode = enterRawMode(keyboard);
    try {
      writeSync(output, `git-sops: ${escapeText(question)}: `);
      const answer = await this.#answer(keyboard, hidden ? null : output);
      if (answer.text !== undefined) return answer.text;
      throw new GitSopsError('not-answered', { detail: question, other: answer.reason });
    } finally {
      leaveRawMode();
      writeSync(output, '\n');
      keyboard.close();
      closeSync(output);
    }
  }

  async #answer(keyboard: Keyboard, echo: number | null): Promise<{ text?: string; reason?: string }> {
    const { timeLimit, platform } = this.#options;
    const line = new TypedLine(echo === null ? null : (shown) => writeSync(echo, shown));
    const parent = process.ppid;
    for (const end = Date.now() + timeLimit; ; await setTimeout(pollEvery)) {
      const bytes = keyboard.typed();
      const state = bytes === null ? 'gone' : line.type(bytes);
      if (state === 'done') return { text: line.text };
      if (state === 'gone') return { reason: 'the terminal is gone' };
      if (state === 'given up') return { reason: 'it was given up' };
      if (state === 'interrupted') {
        // In raw mode Ctrl-C is no signal; it is meant for Git too, and for all that it started.
        if (platform !== 'win32') setImmediate(() => process.kill(0, 'SIGINT'));
        return { reason: 'it was interrupted' };
      }
      if (Date.now() >= end) return { reason: `no answer came within ${timeLimit / 1000} seconds` };
      if (process.ppid !== parent) return { reason: 'Git ended before' };
    }
  }
}

/** Nothing shows that is typed. @returns what takes it back; whatever ends the process meanwhile takes it back too */
function enterRawMode(keyboard: Keyboard): () => void {
  keyboard.raw(true);
  const restore = () => keyboard.raw(false);
  const handlers = ending.map((signal) => {
    const handler = () => {
      restore();
      process.off(signal, handler);
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  process.on('exit', restore);
  return () => {
    restore();
    process.off('exit', restore);
    for (const off of handlers) off();
  };
}

function openOutput(platform: NodeJS.Platform): number {
  if (platform === 'win32') return openSync('\\\\.\\CONOUT$', 'r+');
  return openSync('/dev/tty', constants.O_WRONLY | (constants.O_NOCTTY ?? 0));
}
