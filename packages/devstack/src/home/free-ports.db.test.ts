import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { choosePorts, requirePort } from './free-ports';

let other: Server;
let taken: number;

beforeAll(async () => {
  other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  taken = (other.address() as AddressInfo).port;
});
afterAll(() => other.close());

it('keeps last time’s port as long as it is free', async () => {
  const first = await choosePorts(['a', 'b', 'c'], {});
  expect(new Set(Object.values(first)).size).toBe(3);
  expect(await choosePorts(['a', 'b', 'c'], first)).toEqual(first);
  const { a } = await choosePorts(['a'], { a: taken });
  expect(a).not.toBe(taken);
});

it('never gives one port to two names', async () => {
  const { a } = await choosePorts(['a'], {});
  const { first, second } = await choosePorts(['first', 'second'], { first: a, second: a });
  expect(first).toBe(a);
  expect(second).not.toBe(a);
});

it('says in a sentence that the API’s port is taken, and how to choose another', async () => {
  await expect(requirePort('127.0.0.1', taken)).rejects.toThrow(
    `Port ${taken} on 127.0.0.1 is taken by another program: stop it, or choose another one, as in API_PORT=${taken + 1} npm start.`,
  );
  await expect(requirePort('192.0.2.1', 0)).rejects.toThrow('check API_HOST and API_PORT');
});
