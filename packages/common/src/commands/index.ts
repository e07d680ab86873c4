export * from './cancel-run';
export * from './dispatch';
export * from './start-control-run';
export * from './start-run';
