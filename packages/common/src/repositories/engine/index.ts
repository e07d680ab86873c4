export * from './admission';
export * from './claims';
export * from './endings';
export type { EngineView } from './engine-view';
export * from './queue-depths';
export * from './reaping';
export * from './runner-sessions';
export type { Waiting, WaitingRequest } from './waiting-runs';
