export * from './admission';
export * from './claims';
export * from './endings';
export * from './queue-depths';
export * from './reaping';
export * from './runner-sessions';
