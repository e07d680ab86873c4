import { defineRoute, type Route } from '../../http/route';
import {
  livenessAnswer,
  presentLiveness,
  presentReport,
  presentStartup,
  reportAnswer,
  startupAnswer,
  statusOfReport,
  statusOfStartup,
} from './health.contract';
import type { HealthService } from './health.service';

const tag = 'Health';

export const healthRoutes = (service: HealthService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/health',
    tag,
    summary: 'Check everything an operator would like to know',
    access: 'public',
    status: statusOfReport,
    rateLimit: 'none',
    handle: () => service.full(),
    present: presentReport,
    response: reportAnswer,
  }),
  defineRoute({
    method: 'get',
    path: '/health/ready',
    tag,
    summary: 'Check whether requests can be served',
    access: 'public',
    status: statusOfReport,
    rateLimit: 'none',
    handle: () => service.ready(),
    present: presentReport,
    response: reportAnswer,
  }),
  defineRoute({
    method: 'get',
    path: '/health/live',
    tag,
    summary: 'Check whether the process answers',
    access: 'public',
    status: 200,
    rateLimit: 'none',
    handle: () => undefined,
    present: presentLiveness,
    response: livenessAnswer,
  }),
  defineRoute({
    method: 'get',
    path: '/health/startup',
    tag,
    summary: 'Check whether the start is over',
    access: 'public',
    status: statusOfStartup,
    rateLimit: 'none',
    handle: () => service.isStarted(),
    present: presentStartup,
    response: startupAnswer,
  }),
];
