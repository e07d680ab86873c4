export * from './dead-letters';
export * from './demand';
export * from './operations';
export { readQueueDepths } from '../../repositories/engine';
