import { createDatasource, createQuery } from '../testing/resources';
import { type Client, startTestApi, type TestApi } from '../testing/test-api';

let api: TestApi;
let admin: Client;
const paths: Record<string, string> = {};
beforeAll(async () => {
  api = await startTestApi();
  admin = api.as(await api.member());
  const datasourceId = await createDatasource(admin);
  paths['datasource'] = `/datasources/${datasourceId}`;
  paths['query'] = `/queries/${await createQuery(admin, datasourceId)}`;
});
afterAll(() => api.close());

const pathOf = (resource: string): string => paths[resource] ?? '';
const rename = (resource: string, ifMatch: string) =>
  admin
    .put(pathOf(resource))
    .set('If-Match', ifMatch)
    .send({ name: `Renamed ${ifMatch}` });
const tagOf = async (resource: string): Promise<string> =>
  (await admin.get(pathOf(resource)).expect(200)).headers['etag'] as string;

describe.each(['datasource', 'query'])('a %s', (resource) => {
  it('has a strong ETag, which its reads and writes agree on', async () => {
    const tag = await tagOf(resource);
    expect(tag).toMatch(/^"[^"]+"$/);
    const unchanged = await admin.put(pathOf(resource)).send({}).expect(200);
    expect(unchanged.headers['etag']).toBe(tag);
    const changed = await admin.put(pathOf(resource)).send({ name: 'Another name' }).expect(200);
    expect(changed.headers['etag']).not.toBe(tag);
    expect(await tagOf(resource)).toBe(changed.headers['etag']);
  });

  it('is not sent again to a client that has it', async () => {
    const tag = await tagOf(resource);
    for (const seen of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const { headers, text } = await admin.get(pathOf(resource)).set('If-None-Match', seen).expect(304);
      expect(headers).toMatchObject({ etag: tag, 'x-request-id': expect.any(String) });
      expect(text).toBe('');
    }
    await admin.get(pathOf(resource)).set('If-None-Match', '"x"').expect(200);
  });

  it('is changed for a client that knows its version', async () => {
    await rename(resource, await tagOf(resource)).expect(200);
    await rename(resource, `"x", ${await tagOf(resource)}`).expect(200);
    await rename(resource, '*').expect(200);
  });

  it('is not changed for one that does not', async () => {
    const [before, tag] = [await admin.get(pathOf(resource)), await tagOf(resource)];
    for (const stale of ['"0"', `W/${tag}`]) {
      const { body } = await rename(resource, stale).expect(412);
      expect(body.error.type).toBe('precondition_failed');
    }
    expect((await admin.get(pathOf(resource))).body).toEqual(before.body);
  });

  it('loses no update: of two at once that know the same version, one is refused', async () => {
    const tag = await tagOf(resource);
    const answers = await Promise.all(
      ['left', 'right'].map((name) => admin.put(pathOf(resource)).set('If-Match', tag).send({ name })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it.each(['1', '"1', 'W/1', ',', '"a b"'])('refuses If-Match: %s', async (header) => {
    await rename(resource, header).expect(400);
  });

  it('is not found, whatever the header, by another organization', async () => {
    const stranger = api.as(await api.member());
    await stranger.get(pathOf(resource)).set('If-None-Match', '*').expect(404);
    await stranger.put(pathOf(resource)).set('If-Match', '"0"').send({ name: 'x' }).expect(404);
  });
});
