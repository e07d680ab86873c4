import type { Operations, PoolStatus } from '@loupe/common/commands/operate';
import { fairPools } from '@loupe/common/models';
import { defineRoute, type Route } from '../../http/route';
import {
  changeOf,
  globalLimitBody,
  organizationLimitsBody,
  presentActions,
  presentDemand,
  presentLimits,
  presentOrganizationLimits,
  presentPaused,
  presentPauses,
  presentSessions,
  reasonBody,
} from './operators.contract';

export interface OperatorParts {
  operations: Operations;
  demand: () => Promise<PoolStatus[]>;
}

/** What an operator is shown at once of what was done lately. */
const shownActions = 200;

export const operatorRoutes = ({ operations, demand }: OperatorParts): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/demand',
    access: 'operator',
    status: 200,
    handle: demand,
    present: presentDemand,
  }),
  defineRoute({
    method: 'get',
    path: '/operator/actions',
    access: 'operator',
    status: 200,
    handle: () => operations.actions(shownActions),
    present: presentActions,
  }),
  ...pauseRoutes(operations),
  ...limitRoutes(operations),
  ...sessionRoutes(operations),
];

/** Pools are literal segments: there are three, and any other name is an address that does not exist. */
const pauseRoutes = (operations: Operations): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/pauses',
    access: 'operator',
    status: 200,
    handle: () => operations.pauses(),
    present: presentPauses,
  }),
  ...(['pause', 'resume'] as const).flatMap((way) => [
    ...fairPools.map((pool) =>
      defineRoute({
        method: 'post',
        path: `/operator/pools/${pool}/${way}`,
        access: 'operator',
        body: reasonBody,
        status: 200,
        handle: async ({ operator, body }) => {
          await operations[way]({ scope: 'pool', key: pool }, { operator, reason: body.reason });
          return { scope: 'pool' as const, key: pool, paused: way === 'pause' };
        },
        present: presentPaused,
      }),
    ),
    defineRoute({
      method: 'post',
      path: `/operator/datasources/:id/${way}`,
      resource: 'Datasource',
      access: 'operator',
      body: reasonBody,
      status: 200,
      handle: async ({ operator, params, body }) => {
        const target = { scope: 'datasource', key: params.id } as const;
        await operations[way](target, { operator, reason: body.reason });
        return { ...target, paused: way === 'pause' };
      },
      present: presentPaused,
    }),
  ]),
];

const limitRoutes = (operations: Operations): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/limits',
    access: 'operator',
    status: 200,
    handle: () => operations.limits(),
    present: presentLimits,
  }),
  defineRoute({
    method: 'put',
    path: '/operator/limits/global',
    access: 'operator',
    body: globalLimitBody,
    status: 200,
    handle: async ({ operator, body }) => {
      await operations.setGlobalLimit(body.max_running, { operator, reason: body.reason });
      return operations.limits();
    },
    present: presentLimits,
  }),
  defineRoute({
    method: 'get',
    path: '/operator/organizations/:id/limits',
    resource: 'Organization',
    access: 'operator',
    status: 200,
    handle: async ({ params }) => ({
      orgId: params.id,
      setting: await operations.organizationLimits(params.id),
    }),
    present: presentOrganizationLimits,
  }),
  defineRoute({
    method: 'put',
    path: '/operator/organizations/:id/limits',
    resource: 'Organization',
    access: 'operator',
    body: organizationLimitsBody,
    status: 200,
    handle: async ({ operator, params, body }) => {
      const deed = { operator, reason: body.reason };
      return {
        orgId: params.id,
        setting: await operations.setOrganizationLimits(params.id, changeOf(body), deed),
      };
    },
    present: presentOrganizationLimits,
  }),
];

const sessionRoutes = (operations: Operations): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/sessions',
    access: 'operator',
    status: 200,
    handle: () => operations.sessions(),
    present: presentSessions,
  }),
  defineRoute({
    method: 'post',
    path: '/operator/sessions/:id/drain',
    resource: 'Runner session',
    access: 'operator',
    body: reasonBody,
    status: 200,
    handle: async ({ operator, params, body }) => {
      await operations.drain(params.id, { operator, reason: body.reason });
      return (await operations.sessions()).filter(({ id }) => id === params.id);
    },
    present: presentSessions,
  }),
];
