import { inspectRedis, type RedisFacts } from '@loupe/common/redis';
import type { OperateConfiguration } from '../config';
import { clockFinding, type Finding, ok, problem, warning } from './finding';

export async function checkRedis({ redis }: OperateConfiguration): Promise<Finding[]> {
  if (redis.target === undefined) {
    return [
      ok(
        'redis',
        'neither REDIS_URL nor REDIS_SENTINELS is set: runners find runs by polling, which costs a fraction of a second',
      ),
    ];
  }
  const facts = await inspectRedis(redis.target);
  if (facts === 'away') {
    const mend =
      'start Redis, or correct REDIS_URL (REDIS_SENTINELS); until then runs are found by polling, and nothing is lost';
    return [problem('redis', 'Redis does not answer', mend)];
  }
  if (facts === 'refused') {
    return [
      problem(
        'redis',
        'Redis lets nobody in with this user and password',
        'correct REDIS_URL (REDIS_PASSWORD), or the ACL',
      ),
    ];
  }
  return [
    ...redisFindings(facts),
    ...(facts.clockAheadMs === undefined ? [] : [clockFinding('clocks', facts.clockAheadMs, 'Redis')]),
  ];
}

function redisFindings({ version, evictionPolicy, appendOnly }: RedisFacts): Finding[] {
  const findings: Finding[] = [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    findings.push(problem('redis', `Redis ${version} is too old`, 'use Redis 6.2 or later'));
  }
  if (evictionPolicy !== undefined && evictionPolicy !== 'noeviction') {
    const mend =
      'set maxmemory-policy noeviction, and give the queue a Redis of its own; services refuse to start otherwise';
    findings.push(problem('redis', `Redis evicts keys (maxmemory-policy ${evictionPolicy})`, mend));
  }
  if (!appendOnly) {
    const mend =
      'set appendonly yes and appendfsync everysec: a restart then delays no run by the seconds a new hint takes';
    findings.push(warning('redis', 'Redis keeps no append-only file', mend));
  }
  return findings.length > 0
    ? findings
    : [ok('redis', `Redis ${version}, evicts nothing, append-only file on`)];
}
