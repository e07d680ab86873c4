export * from './apart';
export * from './connection';
export * from './inspect';
export * from './policy';
