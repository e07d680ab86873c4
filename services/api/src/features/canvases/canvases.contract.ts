import Joi from 'joi';
import { type Canvas, type CanvasContent, type TimePreset, timePresets } from '@loupe/common/models';
import { oneOf, resourceName, tags, wholeNumber } from '../../http/field-rules';
import { listQuery, moment } from '../../http/list-parameters';
import { sentFields } from '../../http/partial-change';
import {
  answer,
  countField,
  flagField,
  idField,
  listField,
  momentField,
  nullable,
  oneOfField,
  tagsField,
  textField,
} from '../../http/response-fields';
import { edgeAnswer, presentEdge } from './edges.contract';
import { nodeAnswer, presentNode } from './nodes.contract';

// REST contract, section 2.9.

interface CanvasBody {
  name: string;
  time_preset: TimePreset;
  time_offset: number;
  time_custom_start: Date | null;
  time_custom_end: Date | null;
  live: boolean;
  tags: string[];
}

const fields = {
  name: resourceName(),
  time_preset: oneOf(timePresets),
  time_offset: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  time_custom_start: moment().empty(null),
  time_custom_end: moment().empty(null),
  live: Joi.boolean().empty(null),
  tags: tags(),
};

export const createCanvasBody = Joi.object<CanvasBody>({
  name: fields.name.required(),
  time_preset: fields.time_preset.default('7d'),
  time_offset: fields.time_offset.default(0),
  time_custom_start: fields.time_custom_start.default(null),
  time_custom_end: fields.time_custom_end.default(null),
  live: fields.live.default(false),
  tags: fields.tags.default([]),
});

export const updateCanvasBody = Joi.object<Partial<CanvasBody>>(fields);

export const listCanvasesQuery = listQuery({
  sortable: ['name', 'created_at', 'updated_at'],
  searched: true,
  tagged: true,
});

export const contentOf = (body: CanvasBody): CanvasContent => ({
  name: body.name,
  timePreset: body.time_preset,
  timeOffset: body.time_offset,
  timeCustomStart: body.time_custom_start,
  timeCustomEnd: body.time_custom_end,
  live: body.live,
  tags: body.tags,
});

export const changeOf = (body: Partial<CanvasBody>): Partial<CanvasContent> =>
  sentFields<CanvasContent>({
    name: body.name,
    timePreset: body.time_preset,
    timeOffset: body.time_offset,
    timeCustomStart: body.time_custom_start,
    timeCustomEnd: body.time_custom_end,
    live: body.live,
    tags: body.tags,
  });

export const presentCanvas = (canvas: Canvas) => ({
  id: canvas.id,
  org_id: canvas.orgId,
  name: canvas.name,
  time_preset: canvas.timePreset,
  time_offset: canvas.timeOffset,
  time_custom_start: canvas.timeCustomStart,
  time_custom_end: canvas.timeCustomEnd,
  live: canvas.live,
  tags: canvas.tags,
  nodes: canvas.nodes.map(presentNode),
  edges: canvas.edges.map(presentEdge),
  version: canvas.version,
  created_by: canvas.createdBy,
  created_at: canvas.createdAt,
  updated_at: canvas.updatedAt,
});

export const canvasAnswer = answer(
  {
    id: idField(),
    org_id: idField(),
    name: textField(),
    time_preset: oneOfField(timePresets),
    time_offset: countField(),
    time_custom_start: nullable(momentField()),
    time_custom_end: nullable(momentField()),
    live: flagField(),
    tags: tagsField(),
    nodes: listField(nodeAnswer),
    edges: listField(edgeAnswer),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Canvas',
);
