export * from './cancel-publisher';
export * from './cancel-subscriber';
export * from './run-end-publisher';
export { openRunChannelSubscriber, runEndChannel, type RunChannelSubscriber } from './run-channels';
export * from './run-ends';
