import type { Tile } from '@loupe/common/models';
import { listField } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  createTileBody,
  presentTile,
  tileAnswer,
  tileChangeOf,
  tileContentOf,
  updateTileBody,
} from './tiles.contract';
import type { TileService } from './tiles.service';

const tag = 'Dashboards';

const versionOf = ({ version }: Tile): number => version;

export const tileRoutes = (service: TileService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/dashboards/:id/tiles',
    tag,
    summary: 'List the tiles of a dashboard',
    description: 'A bare array, ordered by `pos_y`, then `pos_x`.',
    resource: 'Dashboard',
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.list(actor, params.id),
    present: (tiles) => tiles.map(presentTile),
    response: listField(tileAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/dashboards/:id/tiles',
    tag,
    summary: 'Put a visualization on a dashboard',
    resource: 'Dashboard',
    access: 'editor',
    body: createTileBody,
    status: 201,
    errors: ['conflict'],
    handle: ({ actor, params, body }) => service.create(actor, params.id, tileContentOf(body)),
    present: presentTile,
    response: tileAnswer,
    version: versionOf,
  }),
  ...resourceRoutes(service),
];

const resourceRoutes = (service: TileService): Route[] => [
  defineRoute({
    method: 'put',
    path: '/dashboards/:id/tiles/:tile_id',
    tag,
    summary: 'Move, resize or change a tile',
    description: 'Absent fields stay; the visualization cannot change.',
    resource: 'Tile',
    access: 'editor',
    body: updateTileBody,
    takesIfMatch: true,
    status: 200,
    errors: ['conflict'],
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(
        actor,
        { dashboardId: params.id, id: params.tile_id },
        { change: tileChangeOf(body), ifMatch },
      ),
    present: presentTile,
    response: tileAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/dashboards/:id/tiles/:tile_id',
    tag,
    summary: 'Take a tile off a dashboard',
    resource: 'Tile',
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, { dashboardId: params.id, id: params.tile_id }),
  }),
];
