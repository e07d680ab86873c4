export * from './hint-consumer';
export * from './hint-producer';
export type { RunHint } from './run-hints';
