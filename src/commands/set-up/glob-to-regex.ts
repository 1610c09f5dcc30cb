/**
 * A glob as people type it (`secrets/**`, `*.enc.yaml`) as a `path_regex`. micromatch reads it, so that braces, classes and
 * negations mean what they mean elsewhere; what comes out is written for RE2, which has no look-ahead. A glob without a slash
 * matches names in every folder, as in `.gitignore`.
 */
export async function globToRegex(glob: string): Promise<string> {
  const { default: micromatch } = await import('micromatch');
  const anywhere = !glob.includes('/');
  const bodies = micromatch.braces(glob, { expand: true }).map((plain) => {
    let out = '';
    for (let i = 0; i < plain.length; i++) {
      const rest = plain.slice(i);
      if (rest.startsWith('**/')) {
        out += '(.*/)?';
        i += 2;
      } else if (rest.startsWith('**')) {
        out += '.*';
        i += 1;
      } else if (plain[i] === '*') out += '[^/]*';
      else if (plain[i] === '?') out += '[^/]';
      else out += (plain[i] as string).replace(/[\\^$.|+()[\]{}]/, '\\$&');
    }
    return out;
  });
  const body = bodies.length === 1 ? bodies[0] : `(${bodies.join('|')})`;
  return `${anywhere ? '(^|/)' : '^'}${body}$`;
}
