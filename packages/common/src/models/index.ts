export * from './control-queue';
export * from './datasource';
export * from './fair-queue';
export * from './limits';
export * from './page';
export * from './parameters';
export * from './pool-capacity';
export * from './query';
export * from './result';
export * from './run';
export * from './run-errors';
export * from './run-limits';
export * from './run-states';

export * from './user';
