import { GitSopsError } from '../../errors.ts';
import { decodeUnpadded, type Stanza } from '../age/age-file.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { PluginProcess } from './plugin-process.ts';

/** Answers what a plugin wants of the user, and `unsupported` to what nobody here knows. */
export async function answerPlugin(
  plugin: PluginProcess,
  name: string,
  { args: [type, ...args], body }: Stanza,
  terminal: Terminal,
): Promise<void> {
  const said = `age plugin "${name}": ${Buffer.from(body).toString('utf8').slice(0, mostShown)}`;
  if (type === 'msg') {
    plugin.send((await terminal.say(said)) ? 'ok' : 'fail');
  } else if (type === 'request-secret' || type === 'request-public') {
    const answer = await orNull(terminal.ask(said, type === 'request-secret'));
    if (answer === null) plugin.send('fail');
    else plugin.send('ok', [], Buffer.from(answer));
  } else if (type === 'confirm') {
    const [yes = 'yes', no] = args.map((word) => Buffer.from(decodeUnpadded(word)).toString('utf8'));
    const answer = await orNull(confirm(terminal, said, yes, no));
    if (answer === null) plugin.send('fail');
    else plugin.send('ok', [answer ? 'yes' : 'no']);
  } else {
    plugin.send('unsupported');
  }
}

const mostShown = 1000;

async function confirm(terminal: Terminal, question: string, yes: string, no: string | undefined): Promise<boolean> {
  if (no === undefined) {
    await terminal.ask(`${question} (Enter: ${yes})`, true);
    return true;
  }
  for (;;) {
    const answer = (await terminal.ask(`${question} (1: ${yes}, 2: ${no})`, false)).trim();
    if (answer === '1' || answer === '2') return answer === '1';
  }
}

/** The plugin says itself what it could not do then. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
