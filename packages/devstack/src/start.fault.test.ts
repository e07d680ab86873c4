import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@loupe/common/testing';
import { findDataPlace } from './home/data-place';
import { choosePorts } from './home/free-ports';
import { readPrivateJson } from './home/private-file';
import { processIdentity } from './process/process-identity';
import { takeFetchedRedis } from './testing/fetched-redis';
import { startLoupe, type StartedLoupe } from './testing/started-loupe';
import { temporaryHome } from './testing/temporary-home';

const UP = 'Loupe is up after';
const home = temporaryHome();
let settings: Record<string, string>;
let loupe: StartedLoupe;

beforeAll(async () => {
  const { port } = await choosePorts(['port'], {});
  settings = {
    ...{ LOUPE_HOME: home.folder, API_PORT: String(port) },
    ...{ SCHEDULE_MIN_INTERVAL_SECONDS: '1', SCHEDULER_POLL_INTERVAL_SECONDS: '1' },
  };
  takeFetchedRedis(home);
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

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const { email, password, api_url } = readPrivateJson(home.credentials) as Record<string, string>;
  const headers = { 'content-type': 'application/json' };
  const login = await fetch(`${api_url}/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password }),
  });
  const { token } = (await login.json()) as { token: string };
  const answer = await fetch(`${api_url}${path}`, {
    method,
    headers: { ...headers, authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (answer.status === 204 ? {} : await answer.json()) as Record<string, unknown>;
}

const get = (path: string) => call('GET', path);

type Listed = { id: string } & Record<string, unknown>;
const list = async (path: string): Promise<Listed[]> => (await get(path))['data'] as Listed[];

/** Those that a start has made, and no schedule. */
const sampleRuns = async () => (await list('/runs')).filter((run) => run['schedule_id'] === null);

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

it('brings a dashboard that shows what the warehouse holds, and a schedule', async () => {
  const [dashboard, ...others] = await list('/dashboards');
  expect(others).toEqual([]);
  const tiles = dashboard?.['tiles'] as { visualization_id: string }[];
  const visualizations = await list('/visualizations');
  expect(tiles.map((tile) => tile.visualization_id).sort()).toEqual(
    visualizations.map(({ id }) => id).sort(),
  );
  expect(new Set(visualizations.map((one) => one['chart_type']))).toEqual(
    new Set(['bar', 'line', 'pie', 'table']),
  );
  expect(await list('/schedules')).toMatchObject([{ enabled: true, cron_expression: '0 * * * *' }]);
});

it('runs a schedule that a client makes', async () => {
  const [query] = await list('/queries?search=weather');
  const { id } = await call('POST', '/schedules', {
    ...{ query_id: query?.id, name: 'Each second', cron_expression: '* * * * * *' },
    parameters: { year: 2013 },
  });
  await eventually('two of its runs are completed', async () => {
    const runs = await list(`/runs?schedule_id=${String(id)}&status=completed`);
    return runs.length >= 2;
  });
  await call('DELETE', `/schedules/${String(id)}`);
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
  const before = await sampleRuns();
  const endpoints = readPrivateJson(home.endpoints);
  process.kill(loupe.pid, 'SIGKILL');
  await loupe.ended;
  expect(serverPids()).toHaveLength(6);
  loupe = startLoupe(settings);
  await loupe.prints(UP);
  expect(loupe.printed()).toContain('The last start was cut off');
  expect(readPrivateJson(home.endpoints)).toEqual(endpoints);
  expect(await sampleRuns()).toHaveLength(before.length + 1);
  for (const noun of ['queries', 'visualizations']) expect(await list(`/${noun}`)).toHaveLength(4);
  for (const noun of ['dashboards', 'schedules']) expect(await list(`/${noun}`)).toHaveLength(1);
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
  expect(await sampleRuns()).toHaveLength(1);
  loupe.signal('SIGTERM');
  expect(await loupe.ended).toBe(0);
});
