export * from './cancel-publisher';
export * from './cancel-subscriber';
