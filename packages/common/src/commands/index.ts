export * from './cancel-run';
export * from './dispatch';
export * from './start-run';
