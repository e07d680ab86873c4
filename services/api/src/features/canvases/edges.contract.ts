import Joi from 'joi';
import { type CanvasEdge, type EdgeLabel, edgeLabels } from '@loupe/common/models';
import { oneOf, problem, uuid } from '../../http/field-rules';
import { answer, countField, idField, momentField, oneOfField } from '../../http/response-fields';

// REST contract, section 2.9: edges.

interface CreateEdgeBody {
  from_node_id: string;
  to_node_id: string;
  label: EdgeLabel;
}

export const createEdgeBody = Joi.object<CreateEdgeBody>({
  from_node_id: uuid().required(),
  to_node_id: uuid()
    .required()
    .custom((value: string, helpers) => {
      const [{ from_node_id: from }] = helpers.state.ancestors as [Partial<CreateEdgeBody>];
      return value === from ? problem(helpers, 'must not be from_node_id') : value;
    }),
  label: oneOf(edgeLabels).default('motivates'),
});

export const createEdgeExample = {
  from_node_id: '01936f5e-3f00-7000-8000-000000000001',
  to_node_id: '01936f5e-3f00-7000-8000-000000000002',
  label: 'explains',
};

export const updateEdgeBody = Joi.object<{ label?: EdgeLabel }>({ label: oneOf(edgeLabels) });

export const presentEdge = (edge: CanvasEdge) => ({
  id: edge.id,
  canvas_id: edge.canvasId,
  from_node_id: edge.fromNodeId,
  to_node_id: edge.toNodeId,
  label: edge.label,
  version: edge.version,
  created_by: edge.createdBy,
  created_at: edge.createdAt,
  updated_at: edge.updatedAt,
});

export const edgeAnswer = answer(
  {
    id: idField(),
    canvas_id: idField(),
    from_node_id: idField(),
    to_node_id: idField(),
    label: oneOfField(edgeLabels),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'CanvasEdge',
);
