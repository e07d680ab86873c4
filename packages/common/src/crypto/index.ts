export * from './access-tokens';
export * from './ids';
export { keepOpened } from './keep-opened';
export * from './opaque-tokens';
export * from './passwords';
export * from './request-hash';
export * from './sealed-secrets';
