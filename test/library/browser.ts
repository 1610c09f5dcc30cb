import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Example, Program } from './package.ts';

interface Answers {
  /** What each program printed, or its error. */
  readonly outputs: string[];
  /** The paths that the page asked for, beside itself and the programs. */
  readonly asked: string[];
}

/** Runs programs one after the other in a page, where `git-sops` is the package's portable entry. */
const page = (count: number) => `<!doctype html>
<link rel="icon" href="data:,">
<script>
  const tell = (outputs) => fetch('/outputs', { method: 'POST', body: JSON.stringify(outputs) });
  addEventListener('error', ({ message }) => tell([message]));
</script>
<script type="importmap">{ "imports": { "git-sops": "/git-sops/dist/portable.js" } }</script>
<script type="module">
  const outputs = [];
  let lines = [];
  console.log = (...words) => lines.push(words.join(' '));
  for (let i = 0; i < ${count}; i++) {
    lines = [];
    try { await import('/example/' + i + '.js'); } catch (error) { lines.push(String(error?.stack ?? error)); }
    outputs.push(lines.join('\\n').trim());
  }
  await tell(outputs);
</script>`;

export async function answersInBrowser(
  chromium: string,
  { installed, folder }: Program,
  examples: readonly Example[],
): Promise<Answers> {
  const asked: string[] = [];
  let done: (outputs: string[]) => void = () => {};
  const outputs = new Promise<string[]>((resolve) => {
    done = resolve;
  });
  const server = createServer(async (request, response) => {
    const url = request.url ?? '/';
    const send = (type: string, body: string | Buffer) => response.writeHead(200, { 'content-type': type }).end(body);
    if (url === '/') return send('text/html', page(examples.length));
    if (url === '/outputs') {
      const chunks = await request.toArray();
      send('text/plain', '');
      return done(JSON.parse(Buffer.concat(chunks).toString()));
    }
    const [, index] = /^\/example\/(\d+)\.js$/.exec(url) ?? [];
    if (index !== undefined) return send('text/javascript', examples[Number(index)]?.code ?? '');
    asked.push(url);
    try {
      return send('text/javascript', readFileSync(join(installed, url.replace(/^\/git-sops\//, ''))));
    } catch {
      asked.push(`missing: ${url}`);
      return response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const own = [`--user-data-dir=${join(folder, 'browser')}`, `http://127.0.0.1:${port}/`];
  // Its children end with the group.
  const browser = spawn(chromium, [...args, ...own], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, HOME: folder },
  });
  const gone = once(browser, 'exit');
  try {
    const early = gone.then(([code]): string[] => [`the browser ended with ${code}`]);
    return { outputs: await Promise.race([outputs, early]), asked };
  } finally {
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
    await gone;
    server.closeAllConnections();
    server.close();
  }
}
