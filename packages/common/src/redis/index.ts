export * from './connection';
export * from './policy';
