import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFailFastRedis, type SentinelGroup } from '@loupe/common/redis';
import { eventually } from '@loupe/common/testing';
import { environmentOf, findDataPlace, launch, tieToThisProcess } from '@loupe/devstack';
import { chooseQuietPorts } from '../quiet-ports';
import { installedRedis, killableRedis, type KillableRedis, type ServerParts } from './killable-servers';

const group = 'loupe';
/** Of three Sentinels so many must miss the master. */
const quorum = 2;
/** What docs/operations.md recommends. */
const downAfterMs = 5_000;
const sentinelNames = ['sentinel-1', 'sentinel-2', 'sentinel-3'] as const;

/** Redis with a replica, and three Sentinels that make the replica the master when the master, which can be killed, is gone. */
export async function killableSentinelGroup(parts: ServerParts): Promise<KillableRedis> {
  const ports = await chooseQuietPorts(['replica', ...sentinelNames]);
  const password = parts.secrets.redisPassword;
  const [master, replica] = await Promise.all([
    killableRedis(parts),
    killableRedis({ ...parts, port: ports.replica, name: 'redis-replica' }),
  ]);
  // Either may have to follow the other.
  for (const { address } of [master, replica]) await tell(address, 'CONFIG', 'SET', 'masterauth', password);
  await tell(replica.address, 'REPLICAOF', '127.0.0.1', String(parts.port));
  const hosts = sentinelNames.map((name) => ({ host: '127.0.0.1', port: ports[name] }));
  await Promise.all(sentinelNames.map((name) => startSentinel(parts, name, ports[name])));
  for (const { port } of hosts) await untilItKnowsAll(port, password);
  const sentinels: SentinelGroup = {
    ...{ hosts, name: group, username: undefined, password, sentinelPassword: password, tls: false },
  };
  return {
    ...master,
    address: { sentinels },
    settings: {
      REDIS_SENTINELS: hosts.map(({ host, port }) => `${host}:${port}`).join(),
      REDIS_SENTINEL_NAME: group,
      REDIS_PASSWORD: password,
      REDIS_SENTINEL_PASSWORD: password,
    },
  };
}

async function tell(
  address: KillableRedis['address'],
  command: string,
  ...words: string[]
): Promise<unknown> {
  const redis = openFailFastRedis(address);
  try {
    await eventually('it answers', () => redis.status === 'ready');
    return await redis.call(command, ...words);
  } finally {
    redis.disconnect();
  }
}

async function startSentinel(
  { home, secrets, port: master, stack }: ServerParts,
  name: string,
  port: number,
) {
  const { folder, runAs } = findDataPlace(home);
  const program = await installedRedis();
  const password = secrets.redisPassword;
  // Beside the data of the Redis, in a folder that a Sentinel may write: it keeps there what it learns.
  const settings = join(folder, 'redis', `${name}.conf`);
  const lines = [
    ...['bind 127.0.0.1', `port ${port}`, `dir ${JSON.stringify(join(folder, 'redis'))}`],
    `sentinel monitor ${group} 127.0.0.1 ${master} ${quorum}`,
    `sentinel auth-pass ${group} ${password}`,
    `sentinel down-after-milliseconds ${group} ${downAfterMs}`,
    `sentinel failover-timeout ${group} 10000`,
    ...[`requirepass ${password}`, `sentinel sentinel-pass ${password}`, ''],
  ];
  writeFileSync(settings, lines.join('\n'), { mode: 0o600 });
  if (runAs !== undefined) chownSync(settings, runAs.uid, runAs.gid);
  const sentinel = await launch({
    ...{ name, command: program.command, args: [settings, '--sentinel'], env: environmentOf(program), runAs },
    ...{ cwd: join(folder, 'redis'), logFile: join(home.logs, `${name}.log`) },
    ...{ stopSignal: 'SIGTERM', forceSignal: 'SIGKILL', patience: 5_000 },
  });
  const lifeline = tieToThisProcess([sentinel]);
  stack.defer(name, async () => {
    lifeline.cut();
    await sentinel.stop();
  });
}

/** Before it knows the replica and the other two it could agree on nothing. */
async function untilItKnowsAll(port: number, password: string): Promise<void> {
  const address = { url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}` };
  await eventually('a Sentinel knows the others', async () => {
    const words = (await tell(address, 'SENTINEL', 'MASTER', group)) as string[];
    const known = (what: string): number => Number(words[words.indexOf(what) + 1]);
    return known('num-slaves') === 1 && known('num-other-sentinels') === sentinelNames.length - 1;
  }, 30_000); // prettier-ignore
}
