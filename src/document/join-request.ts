import { GitSopsError } from '../errors.ts';
import { parseRecipient } from '../keys/recipient.ts';
import { findPrivateKeys } from './private-key.ts';

/** Who asks to be a recipient. Nobody trusts it before a colleague has said whose key it is. */
export interface JoinRequest {
  readonly recipient: string;
  /** What the asker calls himself, on one line; empty where the file does not say. */
  readonly name: string;
}

/** Requests stand beside the rules, so that they travel and are reviewed as any file is. */
export const requestFolder = '.sops/requests';
/** More than a post-quantum recipient and a name need. */
const mostBytes = 8192;

/** A request is a public key: no rule covers it. */
export function isRequestPath(path: string): boolean {
  return path.startsWith(`${requestFolder}/`) && /^\.sops\/requests\/[^/]+\.pub$/.test(path);
}

export function requestPath(name: string): string {
  return `${requestFolder}/${name}.pub`;
}

/** Null for what holds anything but comments and one recipient. It is an age recipients file: `age -R` takes it too. */
export function readRequest(content: Uint8Array): JoinRequest | null {
  // Nor a private key in a comment.
  if (content.length > mostBytes || findPrivateKeys(content).length > 0) return null;
  const lines = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8').split(/\r?\n/);
  const [recipient, ...more] = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (recipient === undefined || more.length > 0) return null;
  const name = lines.flatMap((line) => /^# name: (.*)$/.exec(line)?.[1] ?? [])[0] ?? '';
  try {
    return { recipient: parseRecipient(recipient).text, name };
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

export function writeRequest({ recipient, name }: JoinRequest, approval: string): string {
  return `# name: ${name}\n# Asks to read the secrets here. Who can read them approves: ${approval}\n${recipient}\n`;
}
