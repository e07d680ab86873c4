import type supertest from 'supertest';
import type { Member } from '../members';
import { createDatasource, createQuery } from '../resources';
import { type Client, startTestApi, type TestApi } from '../test-api';

/** What the contract is walked on: one organization with each role, a datasource and a query, and a stranger. */
export interface Ground {
  api: TestApi;
  orgId: string;
  members: Record<'admin' | 'editor' | 'viewer' | 'stranger', Member>;
  admin: Client;
  editor: Client;
  viewer: Client;
  /** Admin of another organization. */
  stranger: Client;
  datasourceId: string;
  queryId: string;
  /** Requests without a token; paths begin below /api/v1. */
  anonymous: Client;
  close(): Promise<void>;
}

/** Of nothing, in any organization. */
export const unknownId = '00000000-0000-7000-8000-000000000000';

/** @param settings environment variables of the API. */
export async function openGround(settings: Record<string, string> = {}): Promise<Ground> {
  const api = await startTestApi(settings);
  const admin = await api.member();
  const { orgId } = admin;
  const editor = await api.member({ orgId, role: 'editor' });
  const viewer = await api.member({ orgId, role: 'viewer' });
  const stranger = await api.member();
  const datasourceId = await createDatasource(api.as(admin));
  return {
    ...{ api, orgId, members: { admin, editor, viewer, stranger }, datasourceId },
    admin: api.as(admin),
    editor: api.as(editor),
    viewer: api.as(viewer),
    stranger: api.as(stranger),
    queryId: await createQuery(api.as(admin), datasourceId),
    anonymous: withoutToken(api.anonymous),
    close: () => api.close(),
  };
}

function withoutToken(agent: supertest.Agent): Client {
  const request = (method: keyof Client) => (path: string) => agent[method](`/api/v1${path}`);
  return {
    get: request('get'),
    post: request('post'),
    put: request('put'),
    patch: request('patch'),
    delete: request('delete'),
  };
}
