import { createLoupeClient, dataOf, type Send } from './index.ts';

const url = 'http://127.0.0.1/api/v1';

/** Accepts one access token at a time, and each refresh token once. */
function tokenServer() {
  const state = { access: 'access-1', refresh: 'refresh-1', exchanges: 0, exchangeLost: false };
  const send: Send = async (request) => {
    const token = request.headers.get('authorization')?.slice('Bearer '.length);
    if (!request.url.endsWith('/auth/refresh')) {
      return Response.json({}, { status: token === state.access ? 200 : 401 });
    }
    state.exchanges += 1;
    if (state.exchangeLost) throw new TypeError('connection lost');
    if (token !== state.refresh) return Response.json({}, { status: 401 });
    state.access = `access-${state.exchanges + 1}`;
    state.refresh = `refresh-${state.exchanges + 1}`;
    return Response.json({ token: state.access, refresh_token: state.refresh });
  };
  return { state, send };
}

it('exchanges its refresh token once for all requests that are refused together', async () => {
  const { state, send } = tokenServer();
  const onTokens = jest.fn();
  const { api } = createLoupeClient({ url, fetch: send, token: 'old', refreshToken: 'refresh-1', onTokens });
  await Promise.all([1, 2, 3].map(() => dataOf(api.GET('/auth/me'))));
  expect(state.exchanges).toBe(1);
  expect(onTokens.mock.calls).toEqual([[{ token: 'access-2', refreshToken: 'refresh-2' }]]);

  state.access = 'other';
  await dataOf(api.GET('/auth/me'));
  expect(state.exchanges).toBe(2);
});

it('gives up with the refusal when the exchange is refused, and does not try it twice', async () => {
  const { state, send } = tokenServer();
  const { api } = createLoupeClient({ url, fetch: send, token: 'old', refreshToken: 'used' });
  await expect(dataOf(api.GET('/auth/me'))).rejects.toMatchObject({ status: 401 });
  await expect(dataOf(api.GET('/auth/me'))).rejects.toMatchObject({ status: 401 });
  expect(state.exchanges).toBe(1);
});

it('never sends a refresh token again whose answer was lost', async () => {
  const { state, send } = tokenServer();
  state.exchangeLost = true;
  const options = { url, fetch: send, token: 'old', refreshToken: 'refresh-1', retries: 0 };
  const { api } = createLoupeClient(options);
  await expect(api.GET('/auth/me')).rejects.toThrow('connection lost');
  state.exchangeLost = false;
  await expect(dataOf(api.GET('/auth/me'))).rejects.toMatchObject({ status: 401 });
  expect(state.exchanges).toBe(1);
});

it('asks a function for the token of each request, and once more when that was refused', async () => {
  const { send } = tokenServer();
  const tokens = ['old', 'access-1'];
  const token = (): string => (tokens.length > 1 ? tokens.shift() : tokens[0]) as string;
  const { api } = createLoupeClient({ url, fetch: send, token });
  await expect(dataOf(api.GET('/auth/me'))).resolves.toEqual({});
});
