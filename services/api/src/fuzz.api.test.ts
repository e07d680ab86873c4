import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { arbitraryRequest, type FuzzedOperation, type FuzzedRequest } from './testing/fuzz/arbitrary-request';
import type { Resolve } from './testing/fuzz/arbitrary-value';
import { createKnownIds, type KnownIds } from './testing/fuzz/known-ids';
import { startTestApi, type TestApi } from './testing/test-api';

// Requests made up from the OpenAPI document. Each answer is also held against its declaration, as in every test.

/** `npm run test:fuzz` sends 10,000. */
const REQUESTS = Number(process.env.LOUPE_FUZZ_REQUESTS ?? 400);
const SEED = Number(process.env.LOUPE_FUZZ_SEED ?? Date.now() % 2 ** 31);
/** Then a new organization begins: what was deleted or shut out by chance is there again. */
const PER_ORGANIZATION = 400;
const AT_ONCE = 4;
const OPERATOR_TOKEN = 'fuzz-operator';

/** Without a runner they wait for 10 and 15 s, for nothing; signing out ends what the other requests need. */
const leftOut = /^\/(datasources\/\{id\}\/(test|schema)|auth\/logout)$/;

interface Document {
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  security: Record<string, unknown>[];
  parameters: FuzzedOperation['parameters'];
  requestBody?: { content: { 'application/json': { schema: Record<string, unknown>; example: unknown } } };
}

const statuses = new Map<number, number>();

let api: TestApi;
let operations: (FuzzedOperation & { security: string | undefined })[];
let resolve: Resolve;
beforeAll(async () => {
  const hash = createHash('sha256').update(OPERATOR_TOKEN).digest('hex');
  api = await startTestApi({ OPERATOR_TOKENS: `fuzz:${hash}` });
  const document = (await api.anonymous.get('/api/v1/openapi.json').expect(200)).body as Document;
  operations = operationsOf(document);
  resolve = (reference) =>
    reference
      .slice(2)
      .split('/')
      .reduce<Record<string, unknown>>(
        (value, key) => value[key] as Record<string, unknown>,
        document as never,
      );
});
afterAll(() => api.close());

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths)
    .filter(([path]) => !leftOut.test(path))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security, parameters, requestBody }]) => ({
        ...{ method, path, parameters, body: requestBody?.content['application/json'] },
        security: Object.keys(security[0] ?? {})[0],
      })),
    )
    // Hashing a password takes a third of a second.
    .flatMap((operation) =>
      /^\/auth\/(register|login)$/.test(operation.path) ? [operation] : Array(8).fill(operation),
    );

async function send(
  operation: (typeof operations)[number],
  request: FuzzedRequest,
  token: string,
): Promise<unknown> {
  const method = operation.method as 'get' | 'post' | 'put' | 'patch' | 'delete';
  const call = api.anonymous[method](`/api/v1${request.path}`).set(request.headers);
  if (operation.security !== undefined)
    call.set('Authorization', `Bearer ${operation.security === 'operatorToken' ? OPERATOR_TOKEN : token}`);
  if (request.body !== undefined) {
    call.set('Content-Type', request.body.type).serialize((bytes) => bytes as string);
    call.send(request.body.bytes);
  }
  const { status, body } = await call;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (status >= 500) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

/** Who asks, in turns. */
const roles = ['admin', 'editor', 'viewer'] as const;

/** What most requests need to get far: something of each kind that a request can name. Answers a token of each role. */
async function ground(known: KnownIds): Promise<string[]> {
  const member = await api.member();
  const client = api.as(member);
  const { body: datasource } = await client
    .post('/datasources')
    .send({ name: 'Fuzz', connection_string: 'postgres://reader:secret@db.example.org/sales' })
    .expect(201);
  known.learn('/datasources', datasource);
  const { body: query } = await client
    .post('/queries')
    .send({ datasource_id: datasource.id, name: 'Fuzz', sql: 'SELECT 1' })
    .expect(201);
  known.learn('/queries', query);
  known.learn('/organizations/users', {
    id: (await api.member({ orgId: member.orgId, role: 'viewer' })).userId,
  });
  const others = roles.slice(1).map((role) => api.member({ orgId: member.orgId, role }));
  return [member, ...(await Promise.all(others))].map(({ token }) => token);
}

async function batch(seed: number, size: number): Promise<void> {
  const known = createKnownIds();
  const tokens = await ground(known);
  const some = fc.sample(fc.constantFrom(...operations), { seed, numRuns: size });
  const one = async (i: number): Promise<void> => {
    const operation = some[i];
    if (operation === undefined) return;
    const [request] = fc.sample(arbitraryRequest(operation, known, resolve), { seed: seed + i, numRuns: 1 });
    if (request === undefined) return;
    try {
      const body = await send(operation, request, tokens[i % tokens.length] ?? '');
      if (operation.method === 'post') known.learn(operation.path, body);
    } catch (error) {
      const sent = `${operation.method} ${request.path} ${JSON.stringify(request.headers)} ${request.body?.bytes.toString().slice(0, 2_000) ?? ''}`;
      throw new Error(
        `LOUPE_FUZZ_SEED=${SEED}, as ${roles[i % roles.length] ?? ''}: ${sent}\n${String(error)}`,
        { cause: error },
      );
    }
  };
  const lane = async (first: number): Promise<void> => {
    for (let i = first; i < size; i += AT_ONCE) await one(i);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => lane(i)));
}

it(`${REQUESTS} requests made up from the document are answered as it says, none with a failure of the server, whatever the caller’s role`, async () => {
  for (let done = 0; done < REQUESTS; done += PER_ORGANIZATION) {
    await batch(SEED + done, Math.min(PER_ORGANIZATION, REQUESTS - done));
  }
  // Requests that are all refused at the door would show nothing.
  const served = [...statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
  expect(served / REQUESTS).toBeGreaterThan(0.1);
}, 900_000);
