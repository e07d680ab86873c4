import { createConfig, lintFromString } from '@redocly/openapi-core';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { startTestApi, type TestApi } from '../../testing/test-api';

interface Media {
  schema: object;
  example: unknown;
}

interface Operation {
  operationId: string;
  security: object[];
  parameters: { name: string }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Partial<Media>> }>;
  [extension: `x-${string}`]: unknown;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: object;
}

let api: TestApi;
let document: Document;
beforeAll(async () => {
  api = await startTestApi({ OPERATOR_TOKENS: `test:${'0'.repeat(64)}` });
  document = (await api.anonymous.get('/api/v1/openapi.json').expect(200)).body;
});
afterAll(() => api.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe('the document of the API', () => {
  it('has every route', () => {
    const routes = api.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual(routes.sort());
  });

  it('passes a standard linter', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(
      problems
        .filter(({ severity }) => severity === 'error')
        .map(({ message, location }) => [message, location[0]?.pointer]),
    ).toEqual([]);
  });

  it('says who may call what', () => {
    expect(document.paths['/queries']?.['post']).toMatchObject({
      security: [{ accessToken: [] }],
      'x-required-role': 'editor',
      'x-rate-limit': { scope: 'requests', requests: 1_200, per_seconds: 60 },
    });
    expect(document.paths['/auth/login']?.['post']).toMatchObject({
      security: [],
      'x-rate-limit': { scope: 'login' },
    });
    expect(document.paths['/operator/limits']?.['get']).toMatchObject({ security: [{ operatorToken: [] }] });
    expect(document.paths['/health']?.['get']?.['x-rate-limit']).toBeNull();
  });

  it('names errors and headers that follow from a declaration', () => {
    const update = document.paths['/queries/{id}']?.['put'];
    expect(Object.keys(update?.responses ?? {})).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '412',
      '413',
      '429',
      'default',
    ]);
    expect(update?.parameters).toMatchObject([
      { name: 'id', in: 'path' },
      { name: 'If-Match', in: 'header' },
    ]);
    const read = document.paths['/queries/{id}']?.['get'];
    expect(Object.keys(read?.responses ?? {})).toContain('304');
    const list = document.paths['/queries']?.['get'];
    expect(list?.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['limit', 'cursor', 'sort', 'tags', 'datasource_id']),
    );
  });

  it('has an example for every body, which fits its schema', () => {
    const ajv = addFormats(new Ajv2020({ allErrors: true, strict: false }));
    ajv.addSchema({ $id: 'document', components: document.components });
    for (const { path, method, operation } of operations()) {
      const bodies = [
        operation.requestBody,
        ...Object.entries(operation.responses)
          .filter(([status]) => status < '300')
          .map(([, one]) => one),
      ];
      for (const media of bodies.map((body) => body?.content?.['application/json'])) {
        if (media === undefined) continue;
        const schema = JSON.parse(
          JSON.stringify(media.schema).replaceAll('#/components', 'document#/components'),
        ) as object;
        const problems = ajv.validate(schema, media.example) ? [] : ajv.errors;
        expect({ path, method, problems }).toEqual({ path, method, problems: [] });
      }
    }
  });

  it('has examples of requests that are accepted', () => {
    for (const route of api.routes) {
      const example =
        document.paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]?.[route.method]?.requestBody?.content[
          'application/json'
        ]?.example;
      const error =
        example === undefined
          ? undefined
          : route.body?.validate(example, { allowUnknown: true }).error?.message;
      expect([route.path, error]).toEqual([route.path, undefined]);
    }
  });
});

describe('the page that shows it', () => {
  it('loads nothing from elsewhere and runs no inline script', async () => {
    const { text, headers } = await api.anonymous.get('/api/v1/docs').expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).not.toMatch(/<script>|https?:|style=|on\w+=/);
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(sources).toHaveLength(4);
    for (const source of sources) {
      const asset = await api.anonymous.get(`/api/v1/${source}`).expect(200);
      expect(asset.headers['content-security-policy']).toBe(headers['content-security-policy']);
    }
  });

  it('is nowhere when it is switched off', async () => {
    const off = await startTestApi({ API_DOCS: 'false' });
    await off.anonymous.get('/api/v1/docs').expect(404);
    await off.anonymous.get('/api/v1/openapi.json').expect(404);
    await off.close();
  });
});
