import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from './metrics';

export interface HttpMetrics {
  /**
   * Counts a request in. `endpoint` is the route's template (`/api/v1/runs/:id`), or one fixed word for unknown
   * paths: a path from outside would be a new time series each. Call what it returns once, with the status sent.
   */
  begin: (method: string, endpoint: string) => (status: number) => void;
  /** How many requests wait for the end of a run. */
  setWaiting: (count: number) => void;
}

/** What the API says about its requests. Names: REST contract, section 2.11. */
export function createHttpMetrics({ registry }: Metrics): HttpMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'loupe_api_http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'endpoint', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'loupe_api_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'endpoint'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const inFlight = new Gauge({
    name: 'loupe_api_http_requests_in_flight',
    help: 'Requests that are being answered.',
    labelNames: ['method', 'endpoint'],
    registers,
  });
  const seriesOf = (method: string, endpoint: string) => {
    const labels = { method, endpoint };
    return { labels, inFlight: inFlight.labels(labels), duration: duration.labels(labels) };
  };
  // To find a series by its labels takes longer than to count in it.
  const known = new Map<string, ReturnType<typeof seriesOf>>();
  const waiting = new Gauge({
    name: 'loupe_api_waiting_requests',
    help: 'Requests whose answers are held back until a run has ended.',
    registers,
  });
  return {
    setWaiting: (count) => waiting.set(count),
    begin: (method, endpoint) => {
      const key = `${method} ${endpoint}`;
      const series = known.get(key) ?? seriesOf(method, endpoint);
      known.set(key, series);
      series.inFlight.inc();
      const stop = series.duration.startTimer();
      return (status) => {
        stop();
        series.inFlight.dec();
        requests.inc({ ...series.labels, status });
      };
    },
  };
}
