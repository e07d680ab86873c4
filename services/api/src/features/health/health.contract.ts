import type { HealthChecks, HealthStatus } from '@loupe/common/observability';

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
export const statusOfReport = ({ status }: HealthReport): number => (status === 'unhealthy' ? 503 : 200);

export const presentLiveness = () => ({ status: 'alive', timestamp: timestamp() });

export const presentStartup = (isStarted: boolean) => ({
  status: isStarted ? 'started' : 'starting',
  timestamp: timestamp(),
});
