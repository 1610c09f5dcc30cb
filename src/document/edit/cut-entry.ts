import type { OutlineContainer, OutlineEntry } from '../../format/outline.ts';
import { ownEnd } from '../../format/values/placer.ts';
import { gapsOf } from '../merge/inline.ts';

/** The text without an entry. What comments stand above it stay, as sops leaves them. */
export function* cutEntry(text: string, container: OutlineContainer, entry: OutlineEntry): Generator<string> {
  const { entries, style, start, end } = container;
  const at = entries.indexOf(entry);
  const next = entries[at + 1];
  if (style === 'inline') {
    if (entries.length === 1) {
      yield text.slice(0, start + 1) + text.slice(end - 1);
      return;
    }
    const gaps = gapsOf(text, container);
    const [before, behind] = [gaps[at] ?? '', gaps[at + 1] ?? ''];
    // With the comma that is not needed any more.
    if (next !== undefined) yield text.slice(0, entry.start) + text.slice(next.start);
    else yield text.slice(0, entry.start - before.length) + behind + text.slice(entry.end + behind.length);
    return;
  }
  if (at === 0 && container.compact && next !== undefined) {
    // The first one shares its line with a dash: the next takes its place there.
    yield text.slice(0, entry.own) + text.slice(entry.end).trimStart();
  }
  yield text.slice(0, entry.own) + text.slice(ownEnd(text, entry));
}
