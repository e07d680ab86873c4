import { cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from './config/environment';
import { findDataPlace } from './home/data-place';
import { choosePorts } from './home/free-ports';
import { homeAt, REPOSITORY } from './home/loupe-home';
import { readPrivateJson } from './home/private-file';
import { processIdentity } from './process/process-identity';
import { startLoupe, type StartedLoupe } from './testing/started-loupe';
import { temporaryHome } from './testing/temporary-home';

const UP = 'Loupe is up after';
const home = temporaryHome();
let settings: Record<string, string>;
let loupe: StartedLoupe;

beforeAll(async () => {
  const { port } = await choosePorts(['port'], {});
  settings = { LOUPE_HOME: home.folder, API_PORT: String(port) };
  // Fetched once for the checkout; each start in a new folder would fetch it again.
  const installed = findDataPlace(homeAt(readEnvironment().LOUPE_HOME ?? join(REPOSITORY, '.loupe')));
  const cached = join(installed.folder, 'redis-package');
  if (existsSync(cached)) {
    cpSync(cached, join(findDataPlace(home).folder, 'redis-package'), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
});
afterAll(async () => {
  // Asked and not killed: a failed test must not leave its servers behind.
  if (processIdentity(loupe.pid) !== undefined) loupe.signal('SIGTERM');
  await loupe.ended;
  home.remove();
});

/** Every process that a start has written down, and the two databases with their own files. */
function serverPids(): number[] {
  const services = Object.values(readPrivateJson(home.services) ?? {}) as { pid: number }[];
  const place = findDataPlace(home).folder;
  const files = ['postgres/data/postmaster.pid', 'warehouse/data/postmaster.pid', 'redis/redis.pid'];
  const servers = files
    .filter((file) => existsSync(join(place, file)))
    .map((file) => Number.parseInt(readFileSync(join(place, file), 'utf8'), 10));
  return [...services.map(({ pid }) => pid), ...servers].filter((pid) => processIdentity(pid) !== undefined);
}

async function get(path: string): Promise<Record<string, unknown>> {
  const { email, password, api_url } = readPrivateJson(home.credentials) as Record<string, string>;
  const headers = { 'content-type': 'application/json' };
  const login = await fetch(`${api_url}/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password }),
  });
  const { token } = (await login.json()) as { token: string };
  const answer = await fetch(`${api_url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()) as Record<string, unknown>;
}

it('goes from nothing to a result, which the API then shows as completed', async () => {
  loupe = startLoupe(settings);
  await loupe.prints(UP);
  const printed = loupe.printed();
  expect(printed).toContain('Flight delays by distance (10 of ');
  expect(printed).toMatch(/queue wait \d+ ms, execution \d+ ms, total \d+ ms/);
  const id = /run ([0-9a-f-]{36}) {2}completed/.exec(printed)?.[1];
  expect(await get(`/runs/${id}`)).toMatchObject({ id, status: 'completed' });
  expect(statSync(home.credentials).mode & 0o777).toBe(0o600);
  expect(printed).toContain(String(readPrivateJson(home.credentials)?.['password']));
  expect(serverPids()).toHaveLength(6);
});

it('refuses a second instance in the same folder', async () => {
  const second = startLoupe({ ...settings, API_PORT: '1' });
  expect(await second.ended).toBe(1);
  expect(second.printed()).toBe(
    `\nLoupe already runs from ${home.folder} (process ${loupe.pid}): stop that one with Ctrl-C, or set LOUPE_HOME and API_PORT to run a second one.\n`,
  );
});

it('starts a service again that was killed', async () => {
  const { runner } = readPrivateJson(home.services) as { runner: { pid: number } };
  process.kill(runner.pid, 'SIGKILL');
  await loupe.prints(/runner runs again/);
});

it('recovers from its own death: stops what was left, keeps the data and the addresses', async () => {
  const before = await get('/runs');
  const endpoints = readPrivateJson(home.endpoints);
  process.kill(loupe.pid, 'SIGKILL');
  await loupe.ended;
  expect(serverPids()).toHaveLength(6);
  loupe = startLoupe(settings);
  await loupe.prints(UP);
  expect(loupe.printed()).toContain('The last start was cut off');
  expect(readPrivateJson(home.endpoints)).toEqual(endpoints);
  expect((await get('/runs'))['total']).toBe((before['total'] as number) + 1);
  expect((await get('/queries'))['total']).toBe(4);
});

it('stops everything on Ctrl-C, in seconds', async () => {
  const pids = serverPids();
  const began = Date.now();
  loupe.signal('SIGINT');
  // npm hands the signal on, so it comes twice.
  loupe.signal('SIGINT');
  expect(await loupe.ended).toBe(0);
  expect(Date.now() - began).toBeLessThan(12_000);
  expect(pids.filter((pid) => processIdentity(pid) !== undefined)).toEqual([]);
  expect(existsSync(home.lock)).toBe(false);
});

it('starts over when asked to, with another password', async () => {
  const before = readPrivateJson(home.credentials);
  loupe = startLoupe(settings, ['--fresh']);
  await loupe.prints(UP);
  expect(readPrivateJson(home.credentials)?.['password']).not.toBe(before?.['password']);
  expect((await get('/runs'))['total']).toBe(1);
  loupe.signal('SIGTERM');
  expect(await loupe.ended).toBe(0);
});
