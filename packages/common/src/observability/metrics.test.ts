import { Writable } from 'node:stream';
import { createHttpMetrics } from './http-metrics';
import { createLogger } from './logger';
import { createMetrics, exposeMetrics, type Metrics } from './metrics';
import { createPoolMetrics } from './pool-metrics';
import { observeQueue } from './queue-metrics';
import { createAttemptMetrics } from './attempt-metrics';
import { createRunMetrics } from './run-metrics';
import { observeRunner } from './runner-metrics';

const newMetrics = (): Metrics => createMetrics('api', { version: '1.2.3', commit: 'abc' });

/** The sample lines of one metric, without its help. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const { body } = await exposeMetrics(metrics);
  return body.split('\n').filter((line) => line.startsWith(name) && !line.startsWith(`${name}_bucket`));
}

function slowLog() {
  let text = '';
  const destination = new Writable({ write: (chunk, _encoding, done) => done(void (text += String(chunk))) });
  const logger = createLogger({ service: 'api', level: 'info', format: 'json', destination });
  return { logger, slowStatementMs: 1000, text: () => text };
}

describe('a registry', () => {
  it('says what is running and how Node.js fares, in Prometheus’ text format', async () => {
    const metrics = newMetrics();
    expect((await exposeMetrics(metrics)).contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await samples(metrics, 'loupe_build_info')).toEqual([
      'loupe_build_info{service="api",version="1.2.3",commit="abc"} 1',
    ]);
    expect(await samples(metrics, 'nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
  });
});

describe('requests', () => {
  it('are counted, timed and in flight', async () => {
    const metrics = newMetrics();
    const http = createHttpMetrics(metrics);
    const end = http.begin('GET', '/api/v1/runs/:id');
    const labels = 'method="GET",endpoint="/api/v1/runs/:id"';
    expect(await samples(metrics, 'loupe_api_http_requests_in_flight')).toContain(
      `loupe_api_http_requests_in_flight{${labels}} 1`,
    );
    end(404);
    expect(await samples(metrics, 'loupe_api_http_requests')).toEqual([
      `loupe_api_http_requests_total{${labels},status="404"} 1`,
      `loupe_api_http_requests_in_flight{${labels}} 0`,
    ]);
    expect(await samples(metrics, 'loupe_api_http_request_duration_seconds')).toContain(
      `loupe_api_http_request_duration_seconds_count{${labels}} 1`,
    );
  });
});

describe('pools', () => {
  it('are summed over the process', async () => {
    const metrics = newMetrics();
    const pools = createPoolMetrics(metrics, slowLog());
    pools.watch(() => ({ active: 2, idle: 1, max: 10 }));
    pools.watch(() => ({ active: 1, idle: 0, max: 4 }));
    expect(await samples(metrics, 'loupe_db_pool_connections')).toEqual([
      'loupe_db_pool_connections_active 3',
      'loupe_db_pool_connections_idle 1',
      'loupe_db_pool_connections_max 14',
    ]);
  });

  it('tell how long a connection took, and that none came', async () => {
    const metrics = newMetrics();
    const { observer } = createPoolMetrics(metrics, slowLog());
    observer.acquired(0.25, 'find_run');
    observer.acquireTimedOut();
    expect(await samples(metrics, 'loupe_db_pool_acquire')).toEqual(
      expect.arrayContaining([
        'loupe_db_pool_acquire_duration_seconds_sum{operation="find_run"} 0.25',
        'loupe_db_pool_acquire_timeout_total 1',
      ]),
    );
  });

  it('log slow statements by name', () => {
    const log = slowLog();
    const { observer } = createPoolMetrics(newMetrics(), log);
    observer.statement('find_run', 0.9);
    expect(log.text()).toBe('');
    observer.statement('list_runs', 1.2);
    expect(JSON.parse(log.text())).toMatchObject({
      level: 'warn',
      statement: 'list_runs',
      duration_ms: 1200,
    });
  });
});

describe('runs', () => {
  it('are counted from being taken on to their end', async () => {
    const metrics = newMetrics();
    const runs = createRunMetrics(metrics);
    const over = runs.claimed('retry');
    const executed = runs.executing();
    expect(await samples(metrics, 'loupe_queries_in_flight')).toEqual(['loupe_queries_in_flight 1']);
    executed('timeout');
    over('timeout');
    runs.executing()('completed', 250);
    expect(await samples(metrics, 'loupe_quer')).toEqual(
      expect.arrayContaining([
        'loupe_queries_in_flight 0',
        'loupe_query_timeouts_total 1',
        'loupe_query_executions_total{status="timeout"} 1',
        'loupe_query_executions_total{status="completed"} 1',
        'loupe_query_rows_returned_sum 250',
      ]),
    );
    expect(await samples(metrics, 'loupe_job')).toEqual(
      expect.arrayContaining([
        'loupe_jobs_claimed_total{type="retry"} 1',
        'loupe_job_processing_duration_seconds_count{status="timeout"} 1',
      ]),
    );
  });
});

describe('attempts', () => {
  it('are counted by pool, kind of source and end, and by what held them up', async () => {
    const metrics = newMetrics();
    const { ended } = createAttemptMetrics(metrics);
    const facts = { pool: 'quarantine', connector: 'postgres', waitedSeconds: 2, executedSeconds: 0.2 };
    ended({
      ...facts,
      outcome: 'retried',
      reason: 'runner_lost',
      isRetried: true,
      isLost: true,
      isStopUnconfirmed: false,
    });
    ended({
      ...facts,
      outcome: 'succeeded',
      isRetried: false,
      isLost: false,
      isStopUnconfirmed: false,
      resultBytes: 10,
      limit: 'rows',
    });
    ended({ ...facts, outcome: 'preempted', isRetried: false, isLost: false, isStopUnconfirmed: false });
    ended({ ...facts, outcome: 'cancelled', isRetried: false, isLost: false, isStopUnconfirmed: true });
    expect(await samples(metrics, 'loupe_r')).toEqual(
      expect.arrayContaining([
        'loupe_run_attempts_total{pool="quarantine",reason="succeeded"} 1',
        'loupe_run_retries_total{pool="quarantine",reason="runner_lost"} 1',
        'loupe_run_lost_total{pool="quarantine",reason="child"} 1',
        'loupe_run_unconfirmed_stops_total{connector="postgres"} 1',
        'loupe_run_preempted_total{pool="quarantine",reason="stop"} 1',
        'loupe_run_cancelled_total{pool="quarantine",reason="request"} 1',
        'loupe_run_limit_total{connector="postgres",limit="rows"} 1',
        'loupe_run_wait_seconds_sum{pool="quarantine",connector="postgres",outcome="succeeded"} 2',
        'loupe_run_execution_seconds_sum{pool="quarantine",connector="postgres",outcome="succeeded"} 0.2',
        'loupe_result_bytes_sum{connector="postgres"} 10',
      ]),
    );
  });
});

describe('a runner', () => {
  it('says what it could do and what it does, when asked', async () => {
    const metrics = newMetrics();
    let isDraining = false;
    observeRunner(metrics, () => ({ pools: [{ pool: 'control', slots: 2, busy: 1 }], isDraining }));
    const expected = (draining: number): string[] => [
      'loupe_runner_slots{pool="control"} 2',
      'loupe_runner_busy_slots{pool="control"} 1',
      `loupe_runner_draining{pool="control"} ${draining}`,
    ];
    expect(await samples(metrics, 'loupe_runner')).toEqual(expected(0));
    isDraining = true;
    expect(await samples(metrics, 'loupe_runner')).toEqual(expected(1));
  });
});

describe('the queue', () => {
  it('is read once for its three gauges', async () => {
    const metrics = newMetrics();
    const read = jest.fn(() => Promise.resolve({ waiting: 5, retrying: 2, dead: 1 }));
    observeQueue(metrics, read);
    expect(await samples(metrics, 'loupe_job_')).toEqual([
      'loupe_job_queue_depth 5',
      'loupe_job_retry_queue_depth 2',
      'loupe_job_dead_letter_queue_size 1',
    ]);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('has no depth while the database is away, and the other metrics stay', async () => {
    const metrics = newMetrics();
    observeQueue(metrics, () => Promise.reject(new Error('away')));
    expect(await samples(metrics, 'loupe_job_')).toEqual([]);
    expect(await samples(metrics, 'loupe_build_info')).toHaveLength(1);
  });
});
