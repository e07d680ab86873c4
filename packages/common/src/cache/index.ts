export { type BodyCache, layered, maxBodyBytes } from './body-cache';
export { createMemoryCache } from './memory-cache';
export { openRedisCache } from './redis-cache';
