import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '@loupe/common/config';
import { runService } from '@loupe/common/lifecycle';
import { createLogger, createMetrics, startPrivateEndpoint } from '@loupe/common/observability';
import { checkRedisPolicy } from '@loupe/common/redis';
import { startSchedulerApp } from './app';
import { schedulerConfig } from './config';

const { version } = JSON.parse(readFileSync(resolve(__dirname, '../package.json'), 'utf8')) as {
  version: string;
};

void runService('scheduler', async ({ stack, configure }) => {
  const config = loadConfig(schedulerConfig);
  const logger = createLogger({
    service: 'scheduler',
    level: config.app.logLevel,
    format: config.app.logFormat,
  });
  configure({ logger, graceSeconds: config.shutdown.graceSeconds });
  if (config.redis.target !== undefined && (await checkRedisPolicy(config.redis.target)) === 'away') {
    logger.warn('Redis does not answer yet');
  }

  const metrics = createMetrics('scheduler', { version });
  const health = startSchedulerApp(config, { stack, logger, metrics });
  const endpoint = await startPrivateEndpoint({ ...config.privateEndpoint, metrics, health });
  stack.defer('private endpoint', endpoint.close);
  logger.info('Scheduler started', { scheduler_id: config.scheduler.id, private_port: endpoint.port });
});
