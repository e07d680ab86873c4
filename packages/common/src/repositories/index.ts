export * from './control-runs';
export * from './datasources';
export * from './queries';
export * from './runs';
export * from './schema';
export * from './sessions';
export * from './transaction';
export * from './users';
