export * from './hint-consumer';
export * from './hint-producer';
