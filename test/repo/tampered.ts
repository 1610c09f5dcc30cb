import type { Sandbox } from '../sandbox.ts';

/** The blob with another first character in its first ciphertext: what no key opens. */
export function brokenTag(blob: Uint8Array): Buffer {
  const text = Buffer.from(blob).toString();
  const broken = text.replace(/(data:)(.)/, (_, before, first) => `${before}${first === 'A' ? 'B' : 'A'}`);
  if (broken === text) throw new Error('it holds no ciphertext');
  return Buffer.from(broken);
}

/** Past the filter, as somebody does who has another one. */
export async function putIntoIndex(box: Sandbox, path: string, content: Uint8Array): Promise<void> {
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},${path}`);
}
