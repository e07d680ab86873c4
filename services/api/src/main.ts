import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '@loupe/common/config';
import { runService } from '@loupe/common/lifecycle';
import { createLogger, createMetrics, startPrivateEndpoint } from '@loupe/common/observability';
import { checkRedisApart, checkRedisPolicy } from '@loupe/common/redis';
import { createApp } from './app';
import { apiConfig, type ApiConfig } from './config';

const { version } = JSON.parse(readFileSync(resolve(__dirname, '../package.json'), 'utf8')) as {
  version: string;
};
const migrationsDirectory = resolve(__dirname, '../../../migrations');

void runService('api', async ({ stack, configure }) => {
  const config = loadConfig(apiConfig);
  const logger = createLogger({ service: 'api', level: config.app.logLevel, format: config.app.logFormat });
  configure({ logger, graceSeconds: config.shutdown.graceSeconds });
  await checkRedis(config);

  const metrics = createMetrics('api', { version });
  const app = createApp({ config, logger, metrics, stack, version, migrationsDirectory });
  const endpoint = await startPrivateEndpoint({ ...config.privateEndpoint, metrics, health: app.probes });
  stack.defer('private endpoint', () => endpoint.close());

  const port = await app.server.listen(config.http);
  // The rest of the grace is for what is closed after it.
  stack.defer('public endpoint', () => app.server.close((config.shutdown.graceSeconds * 1_000 * 2) / 3));
  await app.start();
  logger.info('Listening', { host: config.http.host, port, private_port: endpoint.port });
});

async function checkRedis({ redis, cache }: ApiConfig): Promise<void> {
  if (redis.target === undefined) return;
  const { isEnabled, redisUrl: url } = cache;
  await Promise.all([
    checkRedisPolicy(redis.target),
    ...(isEnabled && url !== undefined ? [checkRedisApart({ queue: redis.target, cache: { url } })] : []),
  ]);
}
