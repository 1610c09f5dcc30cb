import type { Stanza } from '../age/age-file.ts';
import type { KeyContext } from '../key-context.ts';
import { PluginProcess } from './plugin-process.ts';
import { answerPlugin } from './plugin-questions.ts';
import { reasonIn } from './unwrap-by-plugin.ts';

/**
 * The `recipient-v1` conversation (C2SP's age-plugin.md) about one file key for one recipient.
 * @returns at least one stanza
 * @throws GitSopsError `plugin-missing`, `plugin-failed`
 */
export async function wrapByPlugin(
  name: string,
  recipient: string,
  fileKey: Uint8Array,
  context: KeyContext,
): Promise<Stanza[]> {
  const plugin = await PluginProcess.start(name, 'recipient-v1', context);
  try {
    plugin.send('add-recipient', [recipient]);
    plugin.send('wrap-file-key', [], fileKey);
    plugin.send('done');
    const stanzas: Stanza[] = [];
    for (;;) {
      const stanza = await plugin.receive();
      const [type, index, ...args] = stanza.args;
      if (type === 'done') {
        if (stanzas.length === 0) throw plugin.failed('it gave no stanza');
        return stanzas;
      }
      if (type === 'error') {
        plugin.send('ok');
        throw plugin.failed(reasonIn(stanza));
      }
      if (type === 'recipient-stanza') {
        if (index !== '0' || args.length === 0) throw plugin.failed('it does not speak the protocol');
        stanzas.push({ args, body: stanza.body });
        plugin.send('ok');
      } else {
        await answerPlugin(plugin, name, stanza, context.terminal);
      }
    }
  } finally {
    plugin.end();
  }
}
