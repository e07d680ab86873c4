export { openPostgresSource, type PostgresSource } from './connector-conformance-postgres';
export * from './eventually';
export * from './factories';
export * from './run-stage';
export * from './sqlstate';
export * from './tcp-proxy';
export * from './test-database';
export * from './test-limits';
export * from './test-redis';
