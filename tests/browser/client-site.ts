import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join, normalize, resolve } from 'node:path';

const client = resolve(__dirname, '../../packages/client');
const itsRequire = createRequire(join(client, 'package.json'));

/** The client as it is built, and what it is built on: no bundler in between. */
const folders: Record<string, string> = {
  client: join(client, 'esm/dist'),
  'openapi-fetch': dirname(itsRequire.resolve('openapi-fetch')),
  page: __dirname,
  streamparser: resolve(dirname(itsRequire.resolve('@streamparser/json')), '../mjs'),
};

const imports = {
  '@loupe/client': '/client/index.js',
  'openapi-fetch': '/openapi-fetch/index.mjs',
  '@streamparser/json': '/streamparser/index.js',
};

const PAGE = `<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
`;

/** A site of somebody else, whose pages use the client: another origin than the API's. */
export async function startClientSite(): Promise<{ url: string; close(): void }> {
  const server = createServer((req, res) => {
    const [, folder = '', ...rest] = normalize(req.url ?? '/').split('/');
    if (folder === '') {
      res.setHeader('content-type', 'text/html').end(PAGE);
      return;
    }
    readFile(join(folders[folder] ?? '', ...rest)).then(
      (text) => res.setHeader('content-type', 'text/javascript').end(text),
      () => res.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}
