import type { Operations, PoolStatus } from '@loupe/common/commands/operate';
import { fairPools } from '@loupe/common/models';
import { defineRoute, type Route } from '../../http/route';
import {
  actionsAnswer,
  changeOf,
  demandAnswer,
  globalLimitBody,
  limitsAnswer,
  organizationLimitsAnswer,
  organizationLimitsBody,
  pausedAnswer,
  pausesAnswer,
  presentActions,
  presentDemand,
  presentLimits,
  presentOrganizationLimits,
  presentPaused,
  presentPauses,
  presentSessions,
  reasonBody,
  sessionsAnswer,
} from './operators.contract';

const tag = 'Operators';

export interface OperatorParts {
  operations: Operations;
  demand: () => Promise<PoolStatus[]>;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** What an operator is shown at once of what was done lately. */
const shownActions = 200;

export const operatorRoutes = ({ operations, demand }: OperatorParts): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/demand',
    tag,
    summary: 'Read demand and backlog by pool',
    access: 'operator',
    status: 200,
    handle: demand,
    present: presentDemand,
    response: demandAnswer,
  }),
  defineRoute({
    method: 'get',
    path: '/operator/actions',
    tag,
    summary: 'List what operators did lately',
    access: 'operator',
    status: 200,
    handle: () => operations.actions(shownActions),
    present: presentActions,
    response: actionsAnswer,
  }),
  ...pauseRoutes(operations),
  ...globalLimitRoutes(operations),
  ...organizationLimitRoutes(operations),
  ...sessionRoutes(operations),
];

const pauseRoutes = (operations: Operations): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/pauses',
    tag,
    summary: 'List what is paused',
    access: 'operator',
    status: 200,
    handle: () => operations.pauses(),
    present: presentPauses,
    response: pausesAnswer,
  }),
  ...(['pause', 'resume'] as const).flatMap((way) => [
    ...poolRoutes(operations, way),
    datasourceRoute(operations, way),
  ]),
];

/** Pools are literal segments: there are three, and any other name is an address that does not exist. */
const poolRoutes = (operations: Operations, way: 'pause' | 'resume'): Route[] =>
  fairPools.map((pool) =>
    defineRoute({
      method: 'post',
      path: `/operator/pools/${pool}/${way}`,
      tag,
      summary: `${capital(way)} a pool`,
      access: 'operator',
      body: reasonBody,
      status: 200,
      errors: ['conflict'],
      handle: async ({ operator, body }) => {
        await operations[way]({ scope: 'pool', key: pool }, { operator, reason: body.reason });
        return { scope: 'pool' as const, key: pool, paused: way === 'pause' };
      },
      present: presentPaused,
      response: pausedAnswer,
    }),
  );

const datasourceRoute = (operations: Operations, way: 'pause' | 'resume'): Route =>
  defineRoute({
    method: 'post',
    path: `/operator/datasources/:id/${way}`,
    tag,
    summary: `${capital(way)} a datasource`,
    resource: 'Datasource',
    access: 'operator',
    body: reasonBody,
    status: 200,
    errors: ['conflict'],
    handle: async ({ operator, params, body }) => {
      const target = { scope: 'datasource', key: params.id } as const;
      await operations[way](target, { operator, reason: body.reason });
      return { ...target, paused: way === 'pause' };
    },
    present: presentPaused,
    response: pausedAnswer,
  });

const globalLimitRoutes = (operations: Operations): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/limits',
    tag,
    summary: 'List limits that differ from the defaults',
    access: 'operator',
    status: 200,
    handle: () => operations.limits(),
    present: presentLimits,
    response: limitsAnswer,
  }),
  defineRoute({
    method: 'put',
    path: '/operator/limits/global',
    tag,
    summary: 'Set how many runs may be active in all',
    access: 'operator',
    body: globalLimitBody,
    status: 200,
    handle: async ({ operator, body }) => {
      await operations.setGlobalLimit(body.max_running, { operator, reason: body.reason });
      return operations.limits();
    },
    present: presentLimits,
    response: limitsAnswer,
  }),
];

const organizationLimitRoutes = (operations: Operations): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/organizations/:id/limits',
    tag,
    summary: 'Read the limits set for an organization',
    resource: 'Organization',
    access: 'operator',
    status: 200,
    handle: async ({ params }) => ({
      orgId: params.id,
      setting: await operations.organizationLimits(params.id),
    }),
    present: presentOrganizationLimits,
    response: organizationLimitsAnswer,
  }),
  defineRoute({
    method: 'put',
    path: '/operator/organizations/:id/limits',
    tag,
    summary: 'Set limits of an organization',
    description: '`null` goes back to the default; give at least one.',
    resource: 'Organization',
    access: 'operator',
    body: organizationLimitsBody,
    status: 200,
    examples: { request: { max_running: 20, reason: 'A larger contract' } },
    handle: async ({ operator, params, body }) => {
      const deed = { operator, reason: body.reason };
      return {
        orgId: params.id,
        setting: await operations.setOrganizationLimits(params.id, changeOf(body), deed),
      };
    },
    present: presentOrganizationLimits,
    response: organizationLimitsAnswer,
  }),
];

const sessionRoutes = (operations: Operations): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/sessions',
    tag,
    summary: 'List runner sessions',
    access: 'operator',
    status: 200,
    handle: () => operations.sessions(),
    present: presentSessions,
    response: sessionsAnswer,
  }),
  defineRoute({
    method: 'post',
    path: '/operator/sessions/:id/drain',
    tag,
    summary: 'Let a runner finish what it executes, and take nothing new',
    resource: 'Runner session',
    access: 'operator',
    body: reasonBody,
    status: 200,
    handle: async ({ operator, params, body }) => {
      await operations.drain(params.id, { operator, reason: body.reason });
      return (await operations.sessions()).filter(({ id }) => id === params.id);
    },
    present: presentSessions,
    response: sessionsAnswer,
  }),
];
