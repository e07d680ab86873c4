export * from './eventually';
export * from './factories';
export * from './test-database';
