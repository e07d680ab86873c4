import type { CanvasEdge } from '@loupe/common/models';
import { defineRoute, type Route } from '../../http/route';
import { createEdgeBody, createEdgeExample, edgeAnswer, presentEdge, updateEdgeBody } from './edges.contract';
import type { EdgeService } from './edges.service';

const tag = 'Canvases';

const versionOf = ({ version }: CanvasEdge): number => version;

export const edgeRoutes = (service: EdgeService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/canvases/:id/edges',
    tag,
    summary: 'Connect two nodes of a canvas',
    description: 'One edge in each direction at most: a second one is a conflict.',
    resource: 'Canvas',
    access: 'editor',
    body: createEdgeBody,
    status: 201,
    errors: ['conflict'],
    examples: { request: createEdgeExample },
    handle: ({ actor, params, body }) =>
      service.create(actor, params.id, {
        fromNodeId: body.from_node_id,
        toNodeId: body.to_node_id,
        label: body.label,
      }),
    present: presentEdge,
    response: edgeAnswer,
    version: versionOf,
  }),
  ...resourceRoutes(service),
];

const resourceRoutes = (service: EdgeService): Route[] => [
  defineRoute({
    method: 'put',
    path: '/canvases/:id/edges/:edge_id',
    tag,
    summary: 'Label an edge anew',
    description: 'Only `label` can change. With If-Match, nothing is changed that you have not seen.',
    resource: 'Edge',
    access: 'editor',
    body: updateEdgeBody,
    takesIfMatch: true,
    status: 200,
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(actor, { canvasId: params.id, id: params.edge_id }, { label: body.label, ifMatch }),
    present: presentEdge,
    response: edgeAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/canvases/:id/edges/:edge_id',
    tag,
    summary: 'Delete an edge',
    resource: 'Edge',
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, { canvasId: params.id, id: params.edge_id }),
  }),
];
