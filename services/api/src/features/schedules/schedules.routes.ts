import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import { savesOf, versionOf } from './schedule-version';
import {
  changeOf,
  contentOf,
  createScheduleBody,
  listSchedulesQuery,
  presentSchedule,
  presentTrigger,
  scheduleAnswer,
  triggerAnswer,
  updateScheduleBody,
} from './schedules.contract';
import type { ScheduleService } from './schedules.service';

const tag = 'Schedules';

const resource = 'Schedule';

export const scheduleRoutes = (service: ScheduleService): Route[] => [
  ...collectionRoutes(service),
  ...resourceRoutes(service),
  ...(['put', 'patch'] as const).map((method) => updateRoute(service, method)),
  ...(['enable', 'disable'] as const).map((action) => switchRoute(service, action)),
  triggerRoute(service),
];

const collectionRoutes = (service: ScheduleService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/schedules',
    tag,
    summary: 'List schedules',
    access: 'viewer',
    query: listSchedulesQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentSchedule),
    response: listOf(scheduleAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/schedules',
    tag,
    summary: 'Create a schedule of a query',
    description:
      'Five fields (minute, hour, day of month, month, day of week) or six with the second first. Where both days are restricted, it fires when either matches.',
    access: 'editor',
    body: createScheduleBody,
    status: 201,
    errors: ['not_found'],
    handle: ({ actor, body }) => service.create(actor, contentOf(body)),
    present: presentSchedule,
    response: scheduleAnswer,
    version: versionOf,
  }),
];

const resourceRoutes = (service: ScheduleService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/schedules/:id',
    tag,
    summary: 'Read a schedule',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, params.id),
    present: presentSchedule,
    response: scheduleAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/schedules/:id',
    tag,
    summary: 'Delete a schedule',
    description: 'Runs that it has started go on.',
    resource,
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];

/** Clients use either; both are partial. */
const updateRoute = (service: ScheduleService, method: 'put' | 'patch'): Route =>
  defineRoute({
    method,
    path: '/schedules/:id',
    tag,
    summary: 'Change a schedule',
    description:
      'Absent fields stay. `next_run_at` is reckoned anew when the expression, the time zone or `enabled` changes.',
    resource,
    access: 'editor',
    body: updateScheduleBody,
    takesIfMatch: true,
    status: 200,
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(actor, params.id, { change: changeOf(body), ifMatch: savesOf(ifMatch) }),
    present: presentSchedule,
    response: scheduleAnswer,
    version: versionOf,
  });

const switchRoute = (service: ScheduleService, action: 'enable' | 'disable'): Route =>
  defineRoute({
    method: 'post',
    path: `/schedules/:id/${action}`,
    tag,
    summary: action === 'enable' ? 'Enable a schedule' : 'Disable a schedule',
    resource,
    access: 'editor',
    status: 200,
    handle: ({ actor, params }) =>
      service.update(actor, params.id, { change: { enabled: action === 'enable' } }),
    present: presentSchedule,
    response: scheduleAnswer,
    version: versionOf,
  });

const triggerRoute = (service: ScheduleService): Route =>
  defineRoute({
    method: 'post',
    path: '/schedules/:id/trigger',
    tag,
    summary: 'Run a schedule now',
    description: 'Whether or not it is enabled; `next_run_at` stays as it is.',
    resource,
    access: 'editor',
    status: 200,
    errors: ['invalid', 'conflict'],
    handle: ({ actor, params }) => service.trigger(actor, params.id),
    present: presentTrigger,
    response: triggerAnswer,
  });
