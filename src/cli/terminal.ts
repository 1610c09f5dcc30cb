// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a terminal
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A name from a repository, with everything escaped that could move the cursor or turn the text around. */
export function showPath(text: string): string {
  return text.replace(unsafe, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
