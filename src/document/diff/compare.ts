import type { FormatName } from '../../format/format.ts';
import type { Selector } from '../../tree/selector.ts';
import { sameBytes } from '../same-bytes.ts';
import type { Cell } from './cell.ts';
import { cellsOf, textCells } from './cells.ts';
import type { ContentDiff, SideSummary } from './change.ts';
import { changesOf } from './changes.ts';
import { compareRecipients, compareSettings } from './settings.ts';
import { isSops, plainBytes, type Side, sopsFileIn } from './side.ts';

export interface Comparison {
  readonly before: Side;
  readonly after: Side;
  /** By the file's name, for a file that is on neither side what its name says. */
  readonly format: FormatName;
  /** The selector of the rule that covers the path, or null. */
  readonly rule: Selector | null;
  /** A side that is a working file: its plaintext is what Git would encrypt. */
  readonly working: { readonly before: boolean; readonly after: boolean };
}

/** Compares two contents of a file by what they mean. Pure: it knows no key, no Git and no terminal. */
export function compareContents({ before, after, format, rule, working }: Comparison): ContentDiff {
  const [oldFile, newFile] = [sopsFileIn(before), sopsFileIn(after)];
  const selector = oldFile?.metadata.selector ?? newFile?.metadata.selector ?? rule;
  const basis = basisOf(before, after);
  const cells = (side: Side, isWorking: boolean): Cell[] => {
    if (basis === 'none') return [];
    if (basis === 'text') return textCells(side, isWorking && selector !== null);
    return cellsOf(side, isWorking ? selector : null, basis === 'plaintext');
  };
  const oldCells = cells(before, working.before);
  const newCells = cells(after, working.after);
  const encryption = encryptionOf(before, after, working);
  const { changes, unknown } = changesOf(oldCells, newCells, encryption !== null);
  const recipients = compareRecipients(working.before ? newFile : oldFile, working.after ? oldFile : newFile);
  const both = oldFile !== null && newFile !== null;
  const settings = both ? compareSettings(oldFile, newFile) : [];
  const rotated =
    before.state === 'opened' && after.state === 'opened' && !sameBytes(before.opened.dataKey, after.opened.dataKey);
  const nothing = changes.length === 0 && unknown === 0 && settings.length === 0 && !rotated && encryption === null;
  const quiet = nothing && recipients.added.length === 0 && recipients.removed.length === 0;
  return {
    format: newFile?.format.name ?? oldFile?.format.name ?? format,
    before: summary(before),
    after: summary(after),
    basis,
    changes,
    unknown,
    // Of a file that is gone, or in the clear, that nobody can decrypt it any more is no news.
    recipients: both ? recipients : { ...recipients, removed: [] },
    settings,
    dataKeyRotated: rotated,
    encryption,
    otherwise: quiet ? otherwise(before, after) : null,
  };
}

function basisOf(before: Side, after: Side): ContentDiff['basis'] {
  const sides = [before, after];
  if (sides.some((side) => side.state === 'broken' && side.file === null)) return 'none';
  const closed = sides.some(({ state }) => state === 'locked' || state === 'broken');
  // A file that somebody is in the middle of editing need not parse; its lines can be compared all the same.
  if (sides.some(({ state }) => state === 'unreadable')) return closed ? 'none' : 'text';
  return closed ? 'ciphertext' : 'plaintext';
}

/** Whether encryption came or went with the change. In a working tree plaintext is as it should be. */
function encryptionOf(before: Side, after: Side, working: Comparison['working']): ContentDiff['encryption'] {
  if (before.state === 'clear' && before.source.length > 0 && !working.before && isSops(after.state)) return 'began';
  if (after.state === 'clear' && after.source.length > 0 && !working.after && isSops(before.state)) return 'ended';
  return null;
}

function otherwise(before: Side, after: Side): ContentDiff['otherwise'] {
  if (before.state === 'opened' && after.state === 'opened' && sameBytes(sourceOf(before), sourceOf(after)))
    return null;
  const [a, b] = [plainBytes(before), plainBytes(after)];
  if (a === null || b === null) return null;
  return sameBytes(a, b) ? 'ciphertext' : 'layout';
}

function summary(side: Side): SideSummary {
  return { state: side.state, why: 'why' in side ? side.why : null };
}

function sourceOf({ file }: Extract<Side, { state: 'opened' }>): Uint8Array {
  return file.parsed.source;
}
