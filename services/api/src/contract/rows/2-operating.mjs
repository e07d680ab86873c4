const health = 'services/api/src/features/health/health.api.test.ts';
const system = 'tests/contract/whole-system.fault.test.ts';

/** What executes runs says so itself. */
const ofTheRunner = { file: system, test: 'a runner publishes what it executes' };

export const sections = [
  {
    id: '2.10',
    title: 'Health',
    rows: {
      'no token': 'suite',
      'exempt from rate limits': { later: 'rate limits' },
      '/health/live': { file: health, test: 'is alive and has started' },
      '/health/ready': { file: health, test: 'says so to load balancers' },
      '/health': { file: health, test: 'tells operators of its memory, too' },
      'checks of /health and /health/ready': 'suite',
      'unhealthy is 503': {
        file: health,
        test: 'answers 503 with a time to try again, stays alive, and recovers by itself',
      },
      'degraded is 200': {
        file: health,
        test: 'that does not answer, is degraded and goes on acknowledging runs',
      },
      'the overall status': {
        file: 'packages/common/src/observability/private-endpoint.api.test.ts',
        test: 'answers %i %s to readiness with %j',
      },
      'memory is degraded at 90 %': {
        file: 'services/api/src/features/health/memory.test.ts',
        test: 'of which %p %% are in use is %s',
      },
      'Redis can only degrade': {
        file: health,
        test: 'that does not answer, is degraded and goes on acknowledging runs',
      },
      'the queue can only degrade': 'suite',
      'messages carry no secrets': {
        file: health,
        test: 'answers 503 with a time to try again, stays alive, and recovers by itself',
      },
      'migrations are compared with the expected set': {
        file: health,
        test: 'is unhealthy when migrations are missing',
      },
    },
  },
  {
    id: '2.11',
    title: 'Metrics',
    rows: {
      'text format, without a token': 'suite',
      'with the cache switched off': 'suite',
      'identifiers are :id in labels': 'suite',
      loupe_api_http_requests_total: 'suite',
      loupe_api_http_request_duration_seconds: 'suite',
      'buckets of requests': 'suite',
      loupe_api_http_requests_in_flight: 'suite',
      loupe_db_pool_connections_active: 'suite',
      loupe_db_pool_connections_idle: 'suite',
      loupe_db_pool_connections_max: 'suite',
      loupe_db_pool_acquire_duration_seconds: 'suite',
      loupe_db_pool_acquire_timeout_total: 'suite',
      loupe_query_executions_total: ofTheRunner,
      loupe_query_execution_duration_seconds: ofTheRunner,
      loupe_query_rows_returned: ofTheRunner,
      loupe_query_timeouts_total: ofTheRunner,
      loupe_queries_in_flight: ofTheRunner,
      loupe_jobs_claimed_total: ofTheRunner,
      loupe_job_processing_duration_seconds: ofTheRunner,
      loupe_job_queue_depth: 'suite',
      loupe_job_retry_queue_depth: 'suite',
      loupe_job_dead_letter_queue_size: 'suite',
      'the process that executes runs exposes its own': ofTheRunner,
      'not rate limited': { later: 'rate limits' },
      loupe_cache_requests_total: {
        file: 'services/api/src/http/rendered-wholes.api.test.ts',
        test: 'makes an answer once, and counts real hits',
      },
      loupe_cache_hit_rate: { row: '2.11/loupe_cache_requests_total' },
    },
  },
];
