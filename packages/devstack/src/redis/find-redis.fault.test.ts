import { findDataPlace } from '../home/data-place';
import { temporaryHome } from '../testing/temporary-home';
import { hasApt } from './distribution-package';
import { findRedis } from './find-redis';

const home = temporaryHome();
const proxyBefore = process.env.http_proxy;
afterAll(() => {
  if (proxyBefore === undefined) delete process.env.http_proxy;
  else process.env.http_proxy = proxyBefore;
  home.remove();
});

it('says that there is no Redis and how to get one when the distribution’s mirror cannot be reached', async () => {
  // Nobody listens there: the package manager finds no way out, as on a machine without a network.
  process.env.http_proxy = 'http://127.0.0.1:1';
  const search = await findRedis(findDataPlace(home), '');
  expect(search).toEqual({ missing: expect.stringContaining('There is no Redis on this machine') as string });
  if (hasApt()) expect(search).toEqual({ missing: expect.stringContaining('can be reached') as string });
  expect(search).toEqual({
    missing: expect.stringContaining('give the address of one in REDIS_URL') as string,
  });
});
