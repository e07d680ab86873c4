export * from './statement-gate';
