import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import type { Actor, CanvasNode, NodeContent, NodeType } from '@loupe/common/models';
import type { CanvasNodeRepository, CanvasRepository, Transaction } from '@loupe/common/repositories';
import { fitted } from '../../http/part-limits';
import { changesNothing, type Update } from '../../http/partial-change';
import { requireMatch } from '../../http/preconditions';
import { holdCanvas, type PlaceOnCanvas } from './held-canvas';

interface NodeParts {
  transaction: Transaction<{ canvases: CanvasRepository; canvasNodes: CanvasNodeRepository }>;
}

/** Each change counts as a change of the canvas. */
export interface NodeService {
  create(actor: Actor, canvasId: string, node: NodeContent & { nodeType: NodeType }): Promise<CanvasNode>;
  /** Absent fields stay; a change that changes nothing makes no version and moves no time. */
  update(actor: Actor, place: PlaceOnCanvas, update: Update<NodeContent>): Promise<CanvasNode>;
  /** Takes its edges along. */
  delete(actor: Actor, place: PlaceOnCanvas): Promise<void>;
}

export const createNodeService = ({ transaction }: NodeParts): NodeService => ({
  create: (actor, canvasId, node) =>
    transaction(async (repositories) => {
      await holdCanvas(repositories, actor, canvasId);
      const created = { ...node, canvasId, id: newId(), createdBy: actor.userId };
      return fitted(await repositories.canvasNodes.insert(actor, created), 'canvas');
    }),
  update: (actor, place, { change, ifMatch }) =>
    transaction(async (repositories) => {
      await holdCanvas(repositories, actor, place.canvasId);
      const before = found(await repositories.canvasNodes.find(actor, place));
      requireMatch(ifMatch, before.version);
      if (changesNothing<NodeContent>(before, change)) return before;
      return fitted(await repositories.canvasNodes.update(actor, { ...before, ...change }), 'canvas');
    }),
  delete: (actor, place) =>
    transaction(async (repositories) => {
      await holdCanvas(repositories, actor, place.canvasId);
      const { id } = found(await repositories.canvasNodes.find(actor, place));
      await repositories.canvasNodes.delete(actor, id);
    }),
});

function found(node: CanvasNode | undefined): CanvasNode {
  if (node === undefined) throw notFound('Node');
  return node;
}
