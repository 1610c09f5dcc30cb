import { inspect } from 'node:util';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { encodeBech32 } from '../../src/keys/age/bech32.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { parseIdentities } from '../../src/keys/parse-identities.ts';
import { context } from './context.ts';

// Identities for this run only.
const first = generateKeyFile();
const second = generateKeyFile();
const secretOf = (file: { text: string }) => file.text.trim().split('\n').at(-1) ?? '';
const recipientsIn = (text: string, several?: boolean) =>
  Promise.all(parseIdentities(text, 'here', context, several).identities.map((identity) => identity.recipient()));
const problemsIn = (text: string) => parseIdentities(text, 'here', context).problems.map((problem) => problem.message);

describe('a key file', () => {
  it('has an identity a line, with comments and blank lines between, LF or CRLF', async () => {
    const text = `${first.text}\n\n# another\r\n${secretOf(second)}\r\n`;
    expect(await recipientsIn(text)).toEqual([first.recipient, second.recipient]);
    expect(problemsIn(text)).toEqual([]);
  });

  it('has several on a line only where sops allows it', async () => {
    const line = `${secretOf(first)} \t${secretOf(second)}`;
    expect(await recipientsIn(line, true)).toEqual([first.recipient, second.recipient]);
    expect(await recipientsIn(line)).toEqual([]);
    expect(problemsIn(line)).toHaveLength(1);
  });

  it('may have post-quantum identities', async () => {
    const hybrid = await generateHybridIdentity();
    expect(await recipientsIn(hybrid)).toEqual([await identityToRecipient(hybrid)]);
  });

  it('may have what cannot be used: it is named, and the rest counts', async () => {
    const text = `AGE-PLUGIN-YUBIKEY-1QQPQZQ\n${secretOf(first)}\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n`;
    expect(await recipientsIn(text)).toEqual([first.recipient]);
    expect(problemsIn(text)).toEqual([
      'line 1 of here is not an age identity (it does not name an age plugin)',
      'line 3 of here is an SSH private key, which has to be a file of its own (an SSH key: SOPS_AGE_SSH_PRIVATE_KEY_FILE)',
    ]);
    expect(problemsIn('# mine\n-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n')).toEqual([
      expect.stringContaining('line 2 of here is an encrypted key file, which'),
    ]);
  });

  it("may have plugins' identities, of which it starts none by itself", async () => {
    const identity = encodeBech32('age-plugin-touch-me-', new Uint8Array(20)).toUpperCase();
    const { identities, problems } = parseIdentities(identity, 'here', context);
    expect(problems).toEqual([]);
    expect(identities[0]).toMatchObject({ kind: 'plugin', plugin: 'touch-me', asks: true });
    expect(await identities[0]?.recipient()).toBeNull();
    for (const name of ['../x', 'a/b', 'a b', '']) {
      expect(problemsIn(encodeBech32(`age-plugin-${name}-`, new Uint8Array(20)).toUpperCase())).toHaveLength(1);
    }
  });

  it('shows nothing of a broken line', () => {
    const secret = secretOf(first);
    const broken = [
      secret.slice(0, -1),
      secret.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q')),
      secret.toLowerCase(),
      `${secret.slice(0, 30)}b${secret.slice(31)}`,
      `${secret.slice(0, 30)}!${secret.slice(31)}`,
      'my password',
    ];
    const problems = problemsIn(broken.join('\n'));
    expect(problems).toHaveLength(broken.length);
    for (const [i, problem] of problems.entries()) {
      expect(problem).toContain(`line ${i + 1} of here`);
      expect(problem).not.toMatch(/password|!/);
      expect(problem.toUpperCase()).not.toContain(secret.slice(16, 24));
    }
  });

  it('keeps its secrets out of what is printed of it', () => {
    const { identities } = parseIdentities(secretOf(first), 'here', context);
    expect(inspect(identities, { depth: 9, showHidden: true })).not.toContain(secretOf(first).slice(20, 40));
    expect(JSON.stringify(identities)).not.toContain(secretOf(first).slice(20, 40));
  });
});
