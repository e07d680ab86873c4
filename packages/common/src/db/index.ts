export * from './connection';
export * from './database';
export { isDatabaseAway, isPassing } from './database-errors';
export * from './list-statement';
export * from './migrate';
export * from './migration-files';
export type { DatabaseRole } from './pool';
export * from './savepoint';
export * from './statement';
