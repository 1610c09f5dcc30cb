import type { KeyService, ServiceKey } from './key-service.ts';
import { decodeResponse, encodeRequest } from './key-service-messages.ts';

/** Milliseconds. A service may ask its owner (`sops keyservice --prompt`), or a cloud; nobody shall wait for ever. */
const timeLimit = 60_000;
const mostBytes = 1 << 20;

/** A key service behind gRPC without TLS, which is all that sops's own speaks. */
export class GrpcKeyService implements KeyService {
  readonly name: string;
  readonly #target: string;
  #client: import('@grpc/grpc-js').Client | null = null;
  #calls = 0;

  /** @param target as gRPC names it: `unix:///path` or `host:port` */
  constructor(name: string, target: string) {
    this.name = name;
    this.#target = target;
  }

  async encrypt(key: ServiceKey, part: Uint8Array): Promise<string> {
    const wrapped = Buffer.from(await this.#call('Encrypt', key, part)).toString('utf8');
    if (wrapped === '') throw new Error('its answer is empty');
    return wrapped;
  }

  async decrypt(key: ServiceKey, wrapped: string): Promise<Uint8Array> {
    return new Uint8Array(await this.#call('Decrypt', key, Buffer.from(wrapped)));
  }

  async #call(method: 'Encrypt' | 'Decrypt', key: ServiceKey, bytes: Uint8Array): Promise<Uint8Array> {
    // It is CommonJS: bundled, only its default is sure to be there.
    const { default: grpc } = await import('@grpc/grpc-js');
    const { Client, credentials, status } = grpc;
    this.#client ??= new Client(this.#target, credentials.createInsecure(), {
      // sops dials straight as well.
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': mostBytes,
    });
    const client = this.#client;
    this.#calls++;
    try {
      return await new Promise((resolve, reject) => {
        const asIs = (message: Buffer) => message;
        client.makeUnaryRequest(
          `/KeyService/${method}`,
          asIs,
          asIs,
          encodeRequest(key, bytes),
          { deadline: Date.now() + timeLimit },
          (error, answer) => {
            if (error?.code === status.UNAVAILABLE) reject(new Error(`nobody answers at ${this.name}`));
            else if (error?.code === status.DEADLINE_EXCEEDED) reject(new Error('it took too long'));
            else if (error || answer === undefined) reject(new Error(error?.details ?? 'its answer is empty'));
            else resolve(answer);
          },
        );
      }).then((answer) => decodeResponse(answer as Buffer));
    } finally {
      // An open connection would keep the process from ending.
      if (--this.#calls === 0) {
        client.close();
        this.#client = null;
      }
    }
  }
}

/** Where a URI of sops's `--keyservice` leads, as gRPC names it; null for what sops could not dial. */
export function keyServiceTarget(uri: string): string | null {
  const unix = /^unix:(?:\/\/)?(\/(?!\/).+)$/.exec(uri)?.[1];
  if (unix !== undefined) return `unix://${unix}`;
  return /^tcp[46]?:\/\/([^/?#@]+:\d+)\/?$/.exec(uri)?.[1] ?? null;
}
