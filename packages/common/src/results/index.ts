export * from './result-reader';
export * from './result-writer';
