import type { CanvasNode } from '@loupe/common/models';
import { defineRoute, type Route } from '../../http/route';
import {
  createNodeBody,
  nodeAnswer,
  nodeChangeOf,
  nodeContentOf,
  presentNode,
  updateNodeBody,
} from './nodes.contract';
import type { NodeService } from './nodes.service';

const tag = 'Canvases';

const versionOf = ({ version }: CanvasNode): number => version;

export const nodeRoutes = (service: NodeService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/canvases/:id/nodes',
    tag,
    summary: 'Put a node on a canvas',
    resource: 'Canvas',
    access: 'editor',
    body: createNodeBody,
    status: 201,
    errors: ['conflict'],
    handle: ({ actor, params, body }) => service.create(actor, params.id, nodeContentOf(body)),
    present: presentNode,
    response: nodeAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'put',
    path: '/canvases/:id/nodes/:node_id',
    tag,
    summary: 'Move, resize or change a node',
    description: 'Absent fields stay; `meta` is replaced as a whole, and `node_type` cannot change.',
    resource: 'Node',
    access: 'editor',
    body: updateNodeBody,
    takesIfMatch: true,
    status: 200,
    errors: ['conflict'],
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(
        actor,
        { canvasId: params.id, id: params.node_id },
        { change: nodeChangeOf(body), ifMatch },
      ),
    present: presentNode,
    response: nodeAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/canvases/:id/nodes/:node_id',
    tag,
    summary: 'Delete a node and its edges',
    resource: 'Node',
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, { canvasId: params.id, id: params.node_id }),
  }),
];
