import { defineRoute, type Route } from '../../http/route';
import { presentLiveness, presentReport, presentStartup, statusOfReport } from './health.contract';
import type { HealthService } from './health.service';

export const healthRoutes = (service: HealthService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/health',
    access: 'public',
    status: statusOfReport,
    handle: () => service.full(),
    present: presentReport,
  }),
  defineRoute({
    method: 'get',
    path: '/health/ready',
    access: 'public',
    status: statusOfReport,
    handle: () => service.ready(),
    present: presentReport,
  }),
  defineRoute({
    method: 'get',
    path: '/health/live',
    access: 'public',
    status: 200,
    handle: () => undefined,
    present: presentLiveness,
  }),
  defineRoute({
    method: 'get',
    path: '/health/startup',
    access: 'public',
    status: (isStarted) => (isStarted ? 200 : 503),
    handle: () => service.isStarted(),
    present: presentStartup,
  }),
];
