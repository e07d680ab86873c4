import { newId } from '../crypto';

/** The test run's Redis, under a namespace of its own: nobody else's keys and channels are met there. */
export function testRedis(): { url: string; namespace: string } {
  const url = process.env['LOUPE_TEST_REDIS_URL'];
  if (url === undefined) throw new Error('LOUPE_TEST_REDIS_URL is not set; run these tests with `npm test`');
  return { url, namespace: `test-${newId()}` };
}
