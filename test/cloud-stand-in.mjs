// What sops needs of Vault's transit engine, AWS KMS with STS, and GCP KMS (REST), on one port of this machine, for tests. It is
// a process of its own, since the tests wait for sops and git-sops without turning their own event loop. A key lives as long as
// the process. Prints its port. Each request becomes a line of the file that the first argument names.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const log = process.argv[2];
const secret = randomBytes(32);

/** @param binding what must be the same when it is opened: the key's name, an encryption context */
function wrap(binding, plaintext) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(binding));
  const data = Buffer.concat([cipher.update(Buffer.from(plaintext, 'base64')), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), data]).toString('base64');
}

function unwrap(binding, wrapped) {
  const bytes = Buffer.from(wrapped, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12)).setAAD(Buffer.from(binding));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('base64');
}

function vault(path, request, token) {
  if (!token) throw new Error('permission denied');
  const [, action, key] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w-]+)$/.exec(path) ?? [];
  if (action === 'encrypt') return { data: { ciphertext: `vault:v1:${wrap(`vault ${key}`, request.plaintext)}` } };
  return { data: { plaintext: unwrap(`vault ${key}`, request.ciphertext.replace('vault:v1:', '')) } };
}

function aws(target, request) {
  const binding = JSON.stringify(['aws', request.KeyId, Object.entries(request.EncryptionContext ?? {}).sort()]);
  if (target === 'TrentService.Encrypt') {
    return { CiphertextBlob: wrap(binding, request.Plaintext), KeyId: request.KeyId };
  }
  return { Plaintext: unwrap(binding, request.CiphertextBlob), KeyId: request.KeyId };
}

function gcp(path, request) {
  const [, key, action] = /^\/v1\/(projects\/.+):(encrypt|decrypt)$/.exec(path) ?? [];
  return action === 'encrypt'
    ? { name: key, ciphertext: wrap(`gcp ${key}`, request.plaintext) }
    : { plaintext: unwrap(`gcp ${key}`, request.ciphertext) };
}

const role = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ofrole</AccessKeyId><SecretAccessKey>none</SecretAccessKey><SessionToken>none</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    const target = request.headers['x-amz-target'];
    // Who asks: AWS's access key, Vault's token.
    const who = /Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? request.headers['x-vault-token'];
    appendFileSync(log, `${who ?? '-'} ${target ?? request.url}\n`);
    try {
      if (body.startsWith('Action=AssumeRole')) {
        response.setHeader('content-type', 'text/xml').end(role);
        return;
      }
      const path = request.url.replace(/\?.*/, '');
      const json = JSON.parse(body);
      const answer = target
        ? aws(target, json)
        : path.startsWith('/v1/transit/')
          ? vault(path, json, who)
          : gcp(path, json);
      response.setHeader('content-type', target ? 'application/x-amz-json-1.1' : 'application/json');
      response.end(JSON.stringify(answer));
    } catch {
      response.statusCode = 400;
      response.end(JSON.stringify({ __type: 'InvalidCiphertextException', errors: ['it does not open'] }));
    }
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
