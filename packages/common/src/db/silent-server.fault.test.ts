import { openTestDatabase, startTcpProxy, type TcpProxy, type TestDatabase } from '../testing';
import type { Database } from './database';

// A network that swallows everything: the server enforces no timeout of its own, and the connection does not break.

let database: TestDatabase;
let proxy: TcpProxy;
let db: Database;
beforeEach(async () => {
  database = await openTestDatabase();
  proxy = await startTcpProxy(database.url);
  db = database.open('loupe_app', {
    url: proxy.lead(database.url),
    statementTimeoutMs: 100,
    maxConnections: 1,
  });
  await db.one(ping);
});
afterEach(async () => {
  proxy.breakAll();
  await database.close();
  await proxy.close();
});

const ping = { name: 'test.ping', text: 'SELECT 1 AS ok' };

it('makes a statement fail as unavailable, soon after its limit, and is forgotten when the network is back', async () => {
  proxy.freeze();
  const began = performance.now();
  await expect(db.one(ping)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(performance.now() - began).toBeLessThan(4_000);
  proxy.breakAll();
  expect(await db.one(ping)).toEqual({ ok: 1 });
});

it('makes a transaction fail once, not once more for its rollback', async () => {
  const began = performance.now();
  const failing = db.transaction(async (tx) => {
    await tx.one(ping);
    proxy.freeze();
    await tx.one(ping);
  });
  await expect(failing).rejects.toMatchObject({ kind: 'unavailable' });
  expect(performance.now() - began).toBeLessThan(4_000);
});
