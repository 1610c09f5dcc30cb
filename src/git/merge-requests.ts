import { decodePath } from './path.ts';
import { readPipe, writePipe } from './pipe.ts';

/** A merge that a shell which Git started for one file asks for. */
export interface MergeRequest {
  /** Decoded as paths are: one of them is one. */
  readonly args: readonly string[];
  /** Tells the shell that the files are in work from now on. */
  begin(): Promise<void>;
  /** @param code what the shell shall exit with */
  end(code: number): Promise<void>;
}

/**
 * Requests on one pipe, answers on another (merge-command.ts has the shell's side of it). A request is its sender's process
 * id, the number of arguments, and these, each closed by a zero byte. The answers bear the id too, so that none is taken by
 * a shell that comes after one that was killed; and the nonce in front, which tells them from other text on the pipe. A zero byte where a request would begin is the end.
 */
export async function* readMergeRequests(
  requests: number,
  answers: number,
  nonce: string,
): AsyncGenerator<MergeRequest> {
  let waiting = Buffer.alloc(0);
  for await (const chunk of readPipe(requests)) {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      if (waiting[0] === 0) return;
      const fields = waiting.toString('latin1').split('\0');
      const [id = '', count = ''] = fields;
      const args = fields.slice(2, 2 + Number(count));
      // What is behind the last zero byte is not complete.
      if (fields.length < 3 + Number(count)) break;
      waiting = waiting.subarray([id, count, ...args].join('\0').length + 1);
      const answer = (line: string) => writePipe(answers, Buffer.from(`${nonce} ${id} ${line}\n`));
      yield {
        args: args.map((arg) => decodePath(Buffer.from(arg, 'latin1'))),
        begin: () => answer('begins'),
        end: (code) => answer(`exits ${code}`),
      };
    }
  }
}

/** Ends the reading of requests. The pipe must have been opened for both directions. */
export async function endMergeRequests(requests: number): Promise<void> {
  await writePipe(requests, Buffer.alloc(1));
}
