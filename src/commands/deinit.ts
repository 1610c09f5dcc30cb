import { withoutManagedLines } from '../git/attributes-file.ts';
import { readWorkFile, writeWorkFile } from '../git/work-file.ts';
import { atTop } from './at-top.ts';
import { removeHooks } from './hook-plan.ts';
import type { Io } from './io.ts';
import { parseOptions } from './options.ts';
import { removeSettings } from './set-up.ts';

const spec = {
  name: 'deinit',
  summary:
    'take the set-up back; what is encrypted in Git stays encrypted, .sops.yaml and working files stay as they are',
  options: { global: { type: 'boolean', help: 'the settings for all clones of this user' } },
  examples: [['git sops deinit', 'this clone and the lines in .gitattributes']],
} as const;

export async function deinit(args: string[], outer: Io): Promise<number> {
  const parsed = parseOptions(spec, args, outer);
  if (parsed === null) return 0;
  if (parsed.values.global) {
    const removed = await removeSettings('--global');
    outer.stdout.write(removed ? 'took the settings out of your Git configuration\n' : 'nothing was set up\n');
    return 0;
  }
  const { io } = await atTop(outer);
  const done: string[] = [];
  const attributes = readWorkFile(io.cwd, '.gitattributes')?.content.toString();
  if (attributes !== undefined && withoutManagedLines(attributes) !== attributes) {
    await writeWorkFile(io.cwd, '.gitattributes', Buffer.from(withoutManagedLines(attributes)));
    done.push('took the lines out of .gitattributes');
  }
  if (await removeSettings('--local')) done.push("took filter and diff driver out of this clone's Git configuration");
  done.push(...(await removeHooks()));
  io.stdout.write(done.length === 0 ? 'nothing was set up\n' : `${done.join('\n')}\n`);
  return 0;
}
