import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { tmpdir } from 'node:os';
import { GitSopsError } from '../../errors.ts';
import { findProgram } from '../../find-program.ts';
import { decodeUnpadded, type Stanza } from '../age/age-file.ts';
import { encodeStanza } from '../age/age-file-writer.ts';
import type { KeyContext } from '../key-context.ts';

/** Which of a plugin's two state machines (C2SP's age-plugin.md). */
export type PluginProtocol = 'recipient-v1' | 'identity-v1';

/** More than any conversation. */
const mostBytes = 1 << 20;
const sayAfter = 5000;

/** A plugin, started, and the stanzas that go back and forth. */
export class PluginProcess {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #context: KeyContext;
  /** What came and was not read yet. */
  #text = '';
  #total = 0;
  #ended: GitSopsError | null = null;
  #wake: () => void = () => {};

  private constructor(name: string, child: ChildProcessWithoutNullStreams, context: KeyContext) {
    this.#name = name;
    this.#child = child;
    this.#context = context;
    const end = (reason: string) => {
      this.#ended ??= this.failed(reason);
      this.#wake();
    };
    child.stdout.on('data', (bytes: Buffer) => {
      this.#total += bytes.length;
      this.#text += bytes.toString('latin1');
      if (this.#total > mostBytes) end('it says too much');
      this.#wake();
    });
    child.on('error', () => end('it cannot be started'));
    child.on('close', (code, signal) => end(code === null ? `ended by ${signal}` : `it ended with exit code ${code}`));
    // It may end before it has read all; that is told by its end.
    child.stdin.on('error', () => {});
    child.stderr.resume();
  }

  /** @throws GitSopsError `plugin-missing` */
  static async start(name: string, protocol: PluginProtocol, context: KeyContext): Promise<PluginProcess> {
    const program = findProgram(`age-plugin-${name}`, context);
    if (program === null) throw new GitSopsError('plugin-missing', { detail: name });
    const { spawn } = await import('node:child_process');
    const child = spawn(program, [`--age-plugin=${protocol}`], {
      // As age does, so that no plugin comes to depend on where it is started; nothing there is run.
      cwd: tmpdir(),
      env: context.env as NodeJS.ProcessEnv,
      stdio: 'pipe',
      windowsHide: true,
    });
    return new PluginProcess(name, child, context);
  }

  send(type: string, args: readonly string[] = [], body: Uint8Array = new Uint8Array(0)): void {
    this.#child.stdin.write(encodeStanza({ args: [type, ...args], body }));
  }

  /** The next stanza. @throws GitSopsError `plugin-failed` where none comes */
  async receive(): Promise<Stanza> {
    const { terminal, timeLimit, answerLimit } = this.#context;
    // Who may touch a key needs more time than a program alone.
    const limit = (await terminal.absence()) === null ? answerLimit : timeLimit;
    const timer = setTimeout(() => {
      this.#ended ??= this.failed(`it said nothing for ${limit / 1000} seconds`);
      this.#wake();
    }, limit);
    const notice = setTimeout(() => void terminal.say(`waiting for the age plugin "${this.#name}"`), sayAfter);
    try {
      for (;;) {
        const stanza = this.#take();
        if (stanza !== null) return stanza;
        if (this.#ended !== null) throw this.#ended;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      clearTimeout(notice);
    }
  }

  failed(reason: string): GitSopsError {
    return new GitSopsError('plugin-failed', { detail: this.#name, other: reason });
  }

  /** It may clean up by itself, but nobody waits for it. */
  end(): void {
    this.#child.stdin.end();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    this.#child.kill('SIGINT');
    setTimeout(() => this.#child.kill('SIGKILL'), 1000).unref();
    this.#child.unref();
  }

  /** A whole stanza from what came: `-> type args`, lines of 64 characters, and a shorter one, if need be empty. */
  #take(): Stanza | null {
    const [whole, head = '', lines = ''] = /^-> ([^\n]+)\n((?:[^\n]{64}\n)*[^\n]{0,63}\n)/.exec(this.#text) ?? [];
    if (whole === undefined) {
      if (/^(?:-?$|->)/.test(this.#text)) return null;
      throw this.failed('it does not speak the protocol');
    }
    this.#text = this.#text.slice(whole.length);
    try {
      return { args: head.split(' '), body: decodeUnpadded(lines.replaceAll('\n', '')) };
    } catch {
      throw this.failed('it does not speak the protocol');
    }
  }
}
