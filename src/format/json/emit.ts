/** How a block of JSON is laid out: in lines, each with the indentation of its depth, or all in one. */
export interface Style {
  /** Line end plus the indentation of the line that the value starts in; null for one line. */
  readonly line: string | null;
  /** What one level deeper adds. */
  readonly unit: string;
}

/** Metadata as sops spells it (Go's json.Marshal and Indent): keys in alphabetical order, one blank after each colon. */
export function emit(value: unknown, style: Style): string {
  if (Array.isArray(value)) {
    return wrap(
      '[',
      value.map((item) => emit(item, deeper(style))),
      ']',
      style,
    );
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value).sort();
    const members = keys.map((key) => emitMember(key, (value as Record<string, unknown>)[key], deeper(style)));
    return wrap('{', members, '}', style);
  }
  return typeof value === 'string' ? emitString(value) : JSON.stringify(value ?? null);
}

export function emitMember(key: string, value: unknown, style: Style): string {
  return `${emitString(key)}: ${emit(value, style)}`;
}

export function deeper({ line, unit }: Style): Style {
  return { line: line === null ? null : line + unit, unit };
}

function wrap(open: string, parts: readonly string[], close: string, style: Style): string {
  if (parts.length === 0) return open + close;
  if (style.line === null) return open + parts.join(', ') + close;
  const inner = deeper(style).line;
  return `${open}${inner}${parts.join(`,${inner}`)}${style.line}${close}`;
}

/** Go escapes a few characters more than JavaScript does. */
function emitString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
