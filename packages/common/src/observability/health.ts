export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** One dependency. `message` is for the public: no host, no login, no statement. */
export interface HealthCheck {
  status: HealthStatus;
  message?: string;
  latency_ms?: number;
  details?: Record<string, unknown>;
}

export type HealthChecks = Record<string, HealthCheck>;

/** Without these a service can do nothing; all others merely degrade it. REST contract, section 2.10. */
const VITAL = new Set(['database', 'migrations']);

/** Unhealthy when a vital check is; degraded when any other is not healthy. Only unhealthy answers 503. */
export function overallHealth(checks: HealthChecks): HealthStatus {
  const entries = Object.entries(checks);
  if (entries.some(([name, { status }]) => VITAL.has(name) && status === 'unhealthy')) return 'unhealthy';
  return entries.every(([, { status }]) => status === 'healthy') ? 'healthy' : 'degraded';
}
