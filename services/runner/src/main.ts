import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '@loupe/common/config';
import { runService } from '@loupe/common/lifecycle';
import { createLogger, createMetrics, startPrivateEndpoint } from '@loupe/common/observability';
import { checkRedisPolicy } from '@loupe/common/redis';
import { startRunnerApp } from './app';
import { runnerConfig } from './config';

const { version } = JSON.parse(readFileSync(resolve(__dirname, '../package.json'), 'utf8')) as {
  version: string;
};

void runService('runner', async ({ stack, configure }) => {
  const config = loadConfig(runnerConfig);
  const logger = createLogger({
    service: 'runner',
    level: config.app.logLevel,
    format: config.app.logFormat,
  });
  configure({ logger, graceSeconds: config.shutdown.graceSeconds });
  const redis = config.redis.target;
  if (redis === undefined) logger.info('Running without Redis: runs are found by polling');
  else if ((await checkRedisPolicy(redis)) === 'away') logger.warn('Redis does not answer yet');

  const metrics = createMetrics('runner', { version });
  const health = startRunnerApp(config, { stack, logger, metrics });
  const endpoint = await startPrivateEndpoint({ ...config.privateEndpoint, metrics, health });
  stack.defer('private endpoint', endpoint.close);
  logger.info('Runner started', { runner_id: config.runner.id, private_port: endpoint.port });
});
