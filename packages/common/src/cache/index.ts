export { type BodyCache, type KeptBody, layered } from './body-cache';
export { createMemoryCache } from './memory-cache';
export { openRedisCache } from './redis-cache';
