import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import { presentUser, userAnswer } from '../../http/user-shape';
import { listUsersQuery, roleBody } from './organizations.contract';
import type { OrganizationService } from './organizations.service';

const tag = 'Organizations';
const resource = 'User';

export const organizationRoutes = (service: OrganizationService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/organizations/users',
    tag,
    summary: 'List the users of the organization',
    access: 'viewer',
    query: listUsersQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentUser),
    response: listOf(userAnswer),
  }),
  defineRoute({
    method: 'put',
    path: '/organizations/users/:id/role',
    tag,
    summary: 'Change what a user may do',
    description:
      'Takes effect with the user’s next request. Nobody changes their own role, so an admin always stays.',
    resource,
    access: 'admin',
    body: roleBody,
    status: 200,
    handle: ({ actor, params, body }) => service.setRole(actor, { userId: params.id, role: body.role }),
    present: presentUser,
    response: userAnswer,
  }),
  defineRoute({
    method: 'delete',
    path: '/organizations/users/:id',
    tag,
    summary: 'Remove a user from the organization',
    description: 'All sessions of the user end at once; what the user made stays.',
    resource,
    access: 'admin',
    status: 204,
    errors: ['invalid'],
    handle: ({ actor, params }) => service.remove(actor, params.id),
  }),
];
