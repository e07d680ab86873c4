import type { HealthChecks, HealthStatus } from '@loupe/common/observability';
import {
  answer,
  countField,
  momentField,
  oneOfField,
  openField,
  textField,
} from '../../http/response-fields';
import type { Status } from '../../http/route';

// REST contract, section 2.10.

export interface HealthReport {
  status: HealthStatus;
  version: string;
  checks: HealthChecks;
}

const timestamp = (): string => new Date().toISOString();

export const presentReport = ({ status, version, checks }: HealthReport) => ({
  status,
  timestamp: timestamp(),
  version,
  checks,
});

/** Degraded is still 200: a load balancer must not take every server out because Redis is away. */
export const statusOfReport: Status<HealthReport> = {
  among: [200, 503],
  of: ({ status }) => (status === 'unhealthy' ? 503 : 200),
};

export const statusOfStartup: Status<boolean> = {
  among: [200, 503],
  of: (isStarted) => (isStarted ? 200 : 503),
};

export const presentLiveness = () => ({ status: 'alive', timestamp: timestamp() });

export const presentStartup = (isStarted: boolean) => ({
  status: isStarted ? 'started' : 'starting',
  timestamp: timestamp(),
});

const statusField = oneOfField(['healthy', 'degraded', 'unhealthy']);

const checkAnswer = answer(
  {
    status: statusField,
    message: textField().optional(),
    latency_ms: countField().optional(),
    details: openField().optional(),
  },
  'HealthCheck',
);

export const reportAnswer = answer(
  {
    status: statusField,
    timestamp: momentField(),
    version: textField(),
    checks: answer({
      database: checkAnswer,
      migrations: checkAnswer,
      redis: checkAnswer,
      queue: checkAnswer,
      memory: checkAnswer.optional(),
    }),
  },
  'HealthReport',
);

export const livenessAnswer = answer({ status: oneOfField(['alive']), timestamp: momentField() });

export const startupAnswer = answer({
  status: oneOfField(['started', 'starting']),
  timestamp: momentField(),
});
