import { inspect } from 'node:util';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { parseIdentities } from '../../src/keys/identity.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';

// Identities for this run only.
const first = generateKeyFile();
const second = generateKeyFile();
const secretOf = (file: { text: string }) => file.text.trim().split('\n').at(-1) ?? '';
const recipientsIn = (text: string, several?: boolean) =>
  Promise.all(parseIdentities(text, 'here', several).identities.map((identity) => identity.recipient()));
const problemsIn = (text: string) => parseIdentities(text, 'here').problems.map((problem) => problem.message);

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
      'line 1 of here is an identity of an age plugin, which git-sops cannot use yet',
      'line 3 of here is an SSH private key, which git-sops cannot use yet',
    ]);
    expect(problemsIn('-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n')).toEqual([
      'line 1 of here is a key file that is encrypted with a passphrase, which git-sops cannot use yet',
    ]);
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
    const { identities } = parseIdentities(secretOf(first), 'here');
    expect(inspect(identities, { depth: 9, showHidden: true })).not.toContain(secretOf(first).slice(20, 40));
    expect(JSON.stringify(identities)).not.toContain(secretOf(first).slice(20, 40));
  });
});
