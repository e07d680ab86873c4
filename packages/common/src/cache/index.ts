export { type BodyCache, layered, maxBodyBytes, type WantedBody } from './body-cache';
export { createMemoryCache } from './memory-cache';
export { openRedisCache } from './redis-cache';
