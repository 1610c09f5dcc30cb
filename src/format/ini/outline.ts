import { UniqueKeys } from '../../tree/merge/repeated-keys.ts';
import { leadOf, type Outline, type OutlineEntry } from '../outline.ts';
import type { IniSection, IniSource } from './scan.ts';

export function outlineIni(text: string, { sections }: IniSource): Outline {
  const begin = text.startsWith('\ufeff') ? 1 : 0;
  const written = sections.filter(({ header, keys }) => header !== null || keys.length > 0);
  const names = new UniqueKeys();
  let floor = begin;
  const starts = written.map((section) => {
    const own = section.header?.start ?? section.keys[0]?.start ?? begin;
    const start = section.header === null ? own : leadOf(text, own, floor, isComment);
    floor = section.keys.at(-1)?.value.next ?? section.header?.end ?? floor;
    return start;
  });
  const entries = written.map((section, i): OutlineEntry => {
    const start = starts[i] ?? begin;
    const end = starts[i + 1] ?? text.length;
    const own = section.header?.start ?? start;
    return { key: names.of(section.name), start, own, node: keysOf(text, section, own, end), end };
  });
  const start = entries[0]?.start ?? text.length;
  const node = { kind: 'map', style: 'lines', indent: '', compact: false, start, end: text.length, entries } as const;
  return { text, root: { key: '', start: begin, own: begin, node, end: text.length } };
}

function keysOf(text: string, { header, keys }: IniSection, own: number, end: number): OutlineEntry['node'] {
  let floor = header?.end ?? own;
  const starts = keys.map(({ start, value }) => {
    const lead = leadOf(text, start, floor, isComment);
    floor = value.next;
    return lead;
  });
  const entries = keys.map(({ name, start, value }, i): OutlineEntry => {
    const tree = { kind: 'leaf', meaning: value.value } as const;
    return {
      key: name,
      start: starts[i] ?? start,
      own: start,
      node: { kind: 'value', start: value.start, end: value.end, tree },
      end: starts[i + 1] ?? end,
    };
  });
  return { kind: 'map', style: 'lines', indent: '', compact: false, start: starts[0] ?? end, end, entries };
}

function isComment(line: string): boolean {
  return /^\s*[#;]/.test(line);
}
