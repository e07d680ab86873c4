import { newId } from '@loupe/common/crypto';
import { conflict, notFound } from '@loupe/common/errors';
import type { Actor, CanvasEdge, EdgeLabel } from '@loupe/common/models';
import type {
  CanvasEdgeRepository,
  CanvasNodeRepository,
  CanvasRepository,
  Transaction,
} from '@loupe/common/repositories';
import { fitted } from '../../http/part-limits';
import { type IfMatch, requireMatch } from '../../http/preconditions';
import { holdCanvas, type PlaceOnCanvas } from './held-canvas';

interface EdgeParts {
  transaction: Transaction<{
    canvases: CanvasRepository;
    canvasNodes: CanvasNodeRepository;
    canvasEdges: CanvasEdgeRepository;
  }>;
}

type NewEdge = Pick<CanvasEdge, 'fromNodeId' | 'toNodeId' | 'label'>;

/** Each change counts as a change of the canvas. */
export interface EdgeService {
  /** Both nodes must be on the canvas; a second edge between them in the same direction is a conflict. */
  create(actor: Actor, canvasId: string, edge: NewEdge): Promise<CanvasEdge>;
  /** Without a label, or with the one it has, nothing changes. */
  update(
    actor: Actor,
    place: PlaceOnCanvas,
    update: { label: EdgeLabel | undefined; ifMatch: IfMatch },
  ): Promise<CanvasEdge>;
  delete(actor: Actor, place: PlaceOnCanvas): Promise<void>;
}

export const createEdgeService = ({ transaction }: EdgeParts): EdgeService => ({
  create: (actor, canvasId, edge) =>
    transaction(async (repositories) => {
      await holdCanvas(repositories, actor, canvasId);
      for (const id of [edge.fromNodeId, edge.toNodeId]) {
        const node = await repositories.canvasNodes.find(actor, { canvasId, id });
        if (node === undefined) throw notFound('Node');
      }
      if (await repositories.canvasEdges.connects(actor, edge)) {
        throw conflict('There is an edge from this node to that one already');
      }
      const created = { ...edge, canvasId, id: newId(), createdBy: actor.userId };
      return fitted(await repositories.canvasEdges.insert(actor, created), 'canvas');
    }),
  update: (actor, place, { label, ifMatch }) =>
    transaction(async (repositories) => {
      await holdCanvas(repositories, actor, place.canvasId);
      const before = found(await repositories.canvasEdges.find(actor, place));
      requireMatch(ifMatch, before.version);
      if (label === undefined || label === before.label) return before;
      return repositories.canvasEdges.update(actor, { ...place, label });
    }),
  delete: (actor, place) =>
    transaction(async (repositories) => {
      await holdCanvas(repositories, actor, place.canvasId);
      const { id } = found(await repositories.canvasEdges.find(actor, place));
      await repositories.canvasEdges.delete(actor, id);
    }),
});

function found(edge: CanvasEdge | undefined): CanvasEdge {
  if (edge === undefined) throw notFound('Edge');
  return edge;
}
