export * from './release-stack';
export * from './repeat';
export * from './run-service';
