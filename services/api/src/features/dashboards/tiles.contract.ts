import Joi from 'joi';
import type { Tile, TileContent } from '@loupe/common/models';
import { nullableTitle, opaqueObject, uuid, wholeNumber } from '../../http/field-rules';
import { sentFields } from '../../http/partial-change';
import {
  answer,
  countField,
  idField,
  momentField,
  nullable,
  openField,
  textField,
} from '../../http/response-fields';

// REST contract, section 2.8: tiles.

interface TileBody {
  title: string | null;
  pos_x: number;
  pos_y: number;
  width: number;
  height: number;
  parameter_bindings: Record<string, unknown>;
}

interface CreateTileBody extends TileBody {
  visualization_id: string;
}

const position = () => wholeNumber(0, 1_000);
const size = () => wholeNumber(1, 100);

const fields = {
  title: nullableTitle(),
  pos_x: position(),
  pos_y: position(),
  width: size(),
  height: size(),
  parameter_bindings: opaqueObject(),
};

export const createTileBody = Joi.object<CreateTileBody>({
  visualization_id: uuid().required(),
  title: fields.title.default(null),
  pos_x: fields.pos_x.default(0),
  pos_y: fields.pos_y.default(0),
  width: fields.width.default(4),
  height: fields.height.default(4),
  parameter_bindings: fields.parameter_bindings.default({}),
});

export const updateTileBody = Joi.object<Partial<TileBody>>(fields);

export const tileContentOf = (body: CreateTileBody): TileContent & { visualizationId: string } => ({
  visualizationId: body.visualization_id,
  title: body.title,
  posX: body.pos_x,
  posY: body.pos_y,
  width: body.width,
  height: body.height,
  parameterBindings: body.parameter_bindings,
});

export const tileChangeOf = (body: Partial<TileBody>): Partial<TileContent> =>
  sentFields<TileContent>({
    title: body.title,
    posX: body.pos_x,
    posY: body.pos_y,
    width: body.width,
    height: body.height,
    parameterBindings: body.parameter_bindings,
  });

export const presentTile = (tile: Tile) => ({
  id: tile.id,
  dashboard_id: tile.dashboardId,
  visualization_id: tile.visualizationId,
  title: tile.title,
  pos_x: tile.posX,
  pos_y: tile.posY,
  width: tile.width,
  height: tile.height,
  parameter_bindings: tile.parameterBindings,
  version: tile.version,
  created_by: tile.createdBy,
  created_at: tile.createdAt,
  updated_at: tile.updatedAt,
});

export const tileAnswer = answer(
  {
    id: idField(),
    dashboard_id: idField(),
    visualization_id: idField(),
    title: nullable(textField()),
    pos_x: countField(),
    pos_y: countField(),
    width: countField(),
    height: countField(),
    parameter_bindings: openField(),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Tile',
);
