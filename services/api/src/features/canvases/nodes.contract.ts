import Joi from 'joi';
import { type CanvasNode, type NodeContent, type NodeType, nodeTypes } from '@loupe/common/models';
import { freeName, oneOf, opaqueObject } from '../../http/field-rules';
import { sentFields } from '../../http/partial-change';
import {
  answer,
  countField,
  idField,
  momentField,
  numberField,
  oneOfField,
  openField,
  textField,
} from '../../http/response-fields';

// REST contract, section 2.9: nodes.

interface NodeBody {
  title: string;
  pos_x: number;
  pos_y: number;
  width: number;
  height: number;
  meta: Record<string, unknown>;
}

interface CreateNodeBody extends NodeBody {
  node_type: NodeType;
}

const number = (min: number, max: number) => Joi.number<number>().empty(null).min(min).max(max);
const position = () => number(-10_000, 10_000);
const size = () => number(50, 2_000);

const fields = {
  title: freeName(),
  pos_x: position(),
  pos_y: position(),
  width: size(),
  height: size(),
  meta: opaqueObject(),
};

export const createNodeBody = Joi.object<CreateNodeBody>({
  node_type: oneOf(nodeTypes).required(),
  title: fields.title.required(),
  pos_x: fields.pos_x.default(0),
  pos_y: fields.pos_y.default(0),
  width: fields.width.default(280),
  height: fields.height.default(160),
  meta: fields.meta.default({}),
});

export const updateNodeBody = Joi.object<Partial<NodeBody>>(fields);

export const nodeContentOf = (body: CreateNodeBody): NodeContent & { nodeType: NodeType } => ({
  nodeType: body.node_type,
  title: body.title,
  posX: body.pos_x,
  posY: body.pos_y,
  width: body.width,
  height: body.height,
  meta: body.meta,
});

export const nodeChangeOf = (body: Partial<NodeBody>): Partial<NodeContent> =>
  sentFields<NodeContent>({
    title: body.title,
    posX: body.pos_x,
    posY: body.pos_y,
    width: body.width,
    height: body.height,
    meta: body.meta,
  });

export const presentNode = (node: CanvasNode) => ({
  id: node.id,
  canvas_id: node.canvasId,
  node_type: node.nodeType,
  title: node.title,
  pos_x: node.posX,
  pos_y: node.posY,
  width: node.width,
  height: node.height,
  meta: node.meta,
  version: node.version,
  created_by: node.createdBy,
  created_at: node.createdAt,
  updated_at: node.updatedAt,
});

export const nodeAnswer = answer(
  {
    id: idField(),
    canvas_id: idField(),
    node_type: oneOfField(nodeTypes),
    title: textField(),
    pos_x: numberField(),
    pos_y: numberField(),
    width: numberField(),
    height: numberField(),
    meta: openField(),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'CanvasNode',
);
