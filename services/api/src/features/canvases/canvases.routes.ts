import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  canvasAnswer,
  changeOf,
  contentOf,
  createCanvasBody,
  listCanvasesQuery,
  presentCanvas,
  updateCanvasBody,
} from './canvases.contract';
import type { CanvasReader } from './canvases.reader';
import type { CanvasService } from './canvases.service';

const tag = 'Canvases';

const resource = 'Canvas';

const versionOf = ({ version }: { version: number }): number => version;

export const canvasRoutes = (service: CanvasService, reader: CanvasReader): Route[] => [
  ...collectionRoutes(service, reader),
  ...resourceRoutes(service, reader),
];

const collectionRoutes = (service: CanvasService, reader: CanvasReader): Route[] => [
  defineRoute({
    method: 'get',
    path: '/canvases',
    tag,
    summary: 'List canvases with their nodes and edges',
    access: 'viewer',
    query: listCanvasesQuery,
    status: 200,
    handle: ({ actor, query }) => reader.list(actor, query),
    present: (body) => body,
    response: listOf(canvasAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/canvases',
    tag,
    summary: 'Create a canvas',
    access: 'editor',
    body: createCanvasBody,
    status: 201,
    handle: ({ actor, body }) => service.create(actor, contentOf(body)),
    present: presentCanvas,
    response: canvasAnswer,
    version: versionOf,
  }),
];

const resourceRoutes = (service: CanvasService, reader: CanvasReader): Route[] => [
  defineRoute({
    method: 'get',
    path: '/canvases/:id',
    tag,
    summary: 'Read a canvas with its nodes and edges',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => reader.find(actor, params.id),
    present: ({ body }) => body,
    response: canvasAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'put',
    path: '/canvases/:id',
    tag,
    summary: 'Change a canvas',
    description: 'Absent fields stay. Nodes and edges have requests of their own.',
    resource,
    access: 'editor',
    body: updateCanvasBody,
    takesIfMatch: true,
    status: 200,
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(actor, params.id, { change: changeOf(body), ifMatch }),
    present: presentCanvas,
    response: canvasAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/canvases/:id',
    tag,
    summary: 'Delete a canvas with its nodes and edges',
    resource,
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];
