export * from './failure-lines';
export { failureLines } from './failure-lines';
export * from './release-stack';
export * from './repeat';
export * from './run-service';
