export * from './connector-error';
export * from './descriptor';
export * from './registry';
export * from './session';
