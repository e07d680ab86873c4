import { createLoupeClient, dataOf, LoupeApiError, type Send } from './index.ts';

const url = 'http://127.0.0.1/api/v1';
const id = '019a8c5e-7d21-7c3a-9a41-5b8f0e6d2c17';
const body = { query_id: id };
const okay = (value: unknown = {}): Response => Response.json(value);

const refusal = (status: number, retryAfter?: string): Response =>
  Response.json(
    {
      message: 'Too many requests',
      details: { error_id: 'e-1', fields: { query_id: 'is not known' } },
      error: { type: 'rate_limited', message: 'Too many requests', error_id: 'e-1' },
    },
    { status, ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }) },
  );

/** Answers one after the other, and keeps what was asked. */
function scripted(...answers: (Response | Error)[]): { send: Send; requests: Request[] } {
  const requests: Request[] = [];
  const send: Send = async (request) => {
    requests.push(request);
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often');
    return answer;
  };
  return { send, requests };
}

const clientOf = (send: Send) => createLoupeClient({ url, token: 'a', fetch: send });

it.each([429, 503])('asks again after %d, when the server says so', async (status) => {
  const { send, requests } = scripted(refusal(status, '0'), refusal(status, '0'), okay({ id }));
  await expect(dataOf(clientOf(send).api.GET('/auth/me'))).resolves.toEqual({ id });
  expect(requests).toHaveLength(3);
});

it('asks no more than four times, and then says what the server said', async () => {
  const { send, requests } = scripted(...Array.from({ length: 4 }, () => refusal(429, '0')));
  const error = await dataOf(clientOf(send).api.GET('/auth/me')).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LoupeApiError);
  expect(error).toMatchObject({
    message: 'Too many requests',
    status: 429,
    type: 'rate_limited',
    errorId: 'e-1',
    fields: { query_id: 'is not known' },
    retryAfter: 0,
  });
  expect(requests).toHaveLength(4);
});

it('does not wait longer than it was told to', async () => {
  const { send, requests } = scripted(refusal(429, '31'));
  await expect(dataOf(clientOf(send).api.GET('/auth/me'))).rejects.toMatchObject({ retryAfter: 31 });
  expect(requests).toHaveLength(1);
});

it('sends a POST again with its body if it has an Idempotency-Key, and no other', async () => {
  const keyed = scripted(refusal(503, '0'), new TypeError('connection lost'), okay());
  const headers = { 'Idempotency-Key': 'k' };
  await clientOf(keyed.send).api.POST('/runs', { body, headers });
  expect(keyed.requests).toHaveLength(3);
  await expect(keyed.requests[2]!.json()).resolves.toEqual(body);

  const plain = scripted(refusal(503, '0'));
  await expect(dataOf(clientOf(plain.send).api.POST('/runs', { body }))).rejects.toMatchObject({
    status: 503,
  });
  expect(plain.requests).toHaveLength(1);
});

it('does not send a change again whose answer was lost', async () => {
  const { send, requests } = scripted(new TypeError('connection lost'));
  const asked = clientOf(send).api.DELETE('/queries/{id}', { params: { path: { id } } });
  await expect(asked).rejects.toThrow('connection lost');
  expect(requests).toHaveLength(1);
});

it('stops waiting when the signal is aborted', async () => {
  const { send, requests } = scripted(refusal(429, '20'));
  const signal = AbortSignal.timeout(10);
  await expect(clientOf(send).api.GET('/auth/me', { signal })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  expect(requests).toHaveLength(1);
});

it('makes an error of what is none of the API’s', async () => {
  const { send } = scripted(new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' }));
  await expect(dataOf(clientOf(send).api.GET('/auth/me'))).rejects.toMatchObject({
    message: 'HTTP 502 Bad Gateway',
    type: 'unexpected_answer',
    fields: {},
  });
});
