import { escapeText } from '../../quote.ts';
import type { Stanza } from '../age/age-file.ts';
import type { KeyContext } from '../key-context.ts';
import { PluginProcess } from './plugin-process.ts';
import { answerPlugin } from './plugin-questions.ts';

/**
 * The `identity-v1` conversation (C2SP's age-plugin.md) about one file.
 * @returns the file key, or null where no stanza is for the identity
 * @throws GitSopsError `plugin-missing`, `plugin-failed`
 */
export async function unwrapByPlugin(
  name: string,
  identity: string,
  stanzas: readonly Stanza[],
  context: KeyContext,
): Promise<Uint8Array | null> {
  const plugin = await PluginProcess.start(name, 'identity-v1', context);
  try {
    plugin.send('add-identity', [identity]);
    for (const { args, body } of stanzas) plugin.send('recipient-stanza', ['0', ...args], body);
    plugin.send('done');
    let fileKey: Uint8Array | null = null;
    for (;;) {
      const stanza = await plugin.receive();
      const [type, index] = stanza.args;
      if (type === 'done') return fileKey;
      if (type === 'error') {
        plugin.send('ok');
        throw plugin.failed(reasonIn(stanza));
      }
      if (type === 'file-key') {
        if (index !== '0' || fileKey !== null) throw plugin.failed('it does not speak the protocol');
        fileKey = stanza.body;
        plugin.send('ok');
      } else {
        await answerPlugin(plugin, name, stanza, context.terminal);
      }
    }
  } finally {
    plugin.end();
  }
}

/** What a plugin says of its failure: for people, and cut short. */
export function reasonIn({ body }: Stanza): string {
  const text = escapeText(Buffer.from(body).toString('utf8').replace(/\s+/g, ' ').trim().slice(0, 300));
  return text === '' ? 'it says nothing more' : `it says: ${text}`;
}
