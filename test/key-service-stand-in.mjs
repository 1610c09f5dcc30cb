// A key service that holds no key and says what it was asked, for tests: a process of its own, since the tests wait for sops and git-sops
// without turning their own event loop. What it "wraps" is the part itself in base64. Prints its port. Each request becomes a line of the
// file that the first argument names: the method, and in hexadecimal the message without the part that is to be wrapped or opened.
import { appendFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';

const log = process.argv[2];
const bytes = (message) => message;
const method = (name) => ({
  path: `/KeyService/${name}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

/** Field 2 of a message, and the message without it. Lengths are below 2 to the 14. */
function partOf(message) {
  for (let at = 0; at < message.length; ) {
    const [tag, low, high] = [message[at], message[at + 1], message[at + 2]];
    const start = at + (low < 128 ? 2 : 3);
    const end = start + (low < 128 ? low : (low & 127) + 128 * high);
    if (tag === 0x12) {
      return {
        part: message.subarray(start, end),
        rest: Buffer.concat([message.subarray(0, at), message.subarray(end)]),
      };
    }
    at = end;
  }
  return { part: Buffer.alloc(0), rest: message };
}

const answer = (name, work) => (call, done) => {
  const { part, rest } = partOf(call.request);
  appendFileSync(log, `${name} ${rest.toString('hex')}\n`);
  const result = work(part);
  done(null, Buffer.concat([Buffer.of(0x0a, result.length), result]));
};

const server = new grpc.Server();
server.addService(
  { Encrypt: method('Encrypt'), Decrypt: method('Decrypt') },
  {
    Encrypt: answer('Encrypt', (part) => Buffer.from(part.toString('base64'))),
    Decrypt: answer('Decrypt', (part) => Buffer.from(part.toString(), 'base64')),
  },
);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
