import { addConfig, type ConfigOptions, getAllConfig, getConfig, removeConfigSection, setConfig } from './config.ts';
import { atLeast, type GitVersion, gitWith } from './version.ts';

/**
 * A hook that stands in the configuration, `hook.<name>.command` and `.event`: it needs no file and disturbs no other
 * hook. Git runs all of them, then the one in the hooks folder. Git knows this from 2.54 on; an older one ignores it
 * without a word, so ask `hasConfigHooks` first.
 */
export function hasConfigHooks(version: GitVersion): boolean {
  return atLeast(version, gitWith.configHooks);
}

export interface ConfigHook {
  /** Any name but an event's. */
  readonly name: string;
  /** A program or a line of shell. The hook's arguments are added to its end. */
  readonly command: string;
  readonly events: readonly string[];
}

/** False where it was there already, in just this form. */
export async function installConfigHook(hook: ConfigHook, options: ConfigOptions = {}): Promise<boolean> {
  const scoped = { ...options, scope: options.scope ?? ('local' as const) };
  const command = `hook.${hook.name}.command`;
  const event = `hook.${hook.name}.event`;
  const [present, events] = await Promise.all([getConfig(command, scoped), getAllConfig(event, scoped)]);
  if (present === hook.command && events.join('\n') === hook.events.join('\n')) return false;
  // In this order, since Git fails on an event that has no command, and goes on where a command has no event.
  await setConfig(command, hook.command, scoped);
  for (const [i, name] of hook.events.entries()) await (i === 0 ? setConfig : addConfig)(event, name, scoped);
  return true;
}

/** False where there was none. */
export function removeConfigHook(name: string, options: ConfigOptions = {}): Promise<boolean> {
  return removeConfigSection(`hook.${name}`, options);
}
