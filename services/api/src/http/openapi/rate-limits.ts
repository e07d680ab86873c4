import type { RateLimit } from '../route';

/** What a client can count on: below this it is never refused for asking too often. `null`: calls are not counted. */
export const rateLimits: Record<
  RateLimit,
  {
    scope: RateLimit;
    requests: number;
    per_seconds: number;
    burst: number;
    counted_by: 'user' | 'address';
  } | null
> = {
  requests: { scope: 'requests', requests: 1_200, per_seconds: 60, burst: 200, counted_by: 'user' },
  execute: { scope: 'execute', requests: 600, per_seconds: 60, burst: 100, counted_by: 'user' },
  register: { scope: 'register', requests: 3, per_seconds: 3_600, burst: 3, counted_by: 'address' },
  login: { scope: 'login', requests: 1, per_seconds: 180, burst: 5, counted_by: 'address' },
  polls: null,
  none: null,
};
