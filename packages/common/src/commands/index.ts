export * from './cancel-run';
export * from './dispatch';
export * from './replay-run';
export * from './start-control-run';
export * from './start-run';
export * from './start-run-once';
