import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import type { Actor, Canvas, CanvasContent } from '@loupe/common/models';
import type { CanvasRepository, Transaction } from '@loupe/common/repositories';
import { changesNothing, type Update } from '../../http/partial-change';
import { requireMatch } from '../../http/preconditions';

interface CanvasParts {
  canvases: CanvasRepository;
  transaction: Transaction<{ canvases: CanvasRepository }>;
}

/** Canvases come with their nodes and edges. */
export interface CanvasService {
  create(actor: Actor, content: CanvasContent): Promise<Canvas>;
  /** Absent fields stay; a change that changes nothing makes no version and moves no time. */
  update(actor: Actor, id: string, update: Update<CanvasContent>): Promise<Canvas>;
  delete(actor: Actor, id: string): Promise<void>;
}

export function createCanvasService({ canvases, transaction }: CanvasParts): CanvasService {
  return {
    create: (actor, content) => canvases.insert(actor, { ...content, id: newId(), createdBy: actor.userId }),
    update: (actor, id, { change, ifMatch }) =>
      transaction(async (repositories) => {
        const before = found(await repositories.canvases.lock(actor, id));
        requireMatch(ifMatch, before.version);
        const after = changesNothing<CanvasContent>(before, change)
          ? await repositories.canvases.find(actor, id)
          : await repositories.canvases.update(actor, { ...before, ...change });
        return found(after);
      }),
    delete: (actor, id) =>
      transaction(async (repositories) => {
        if (!(await repositories.canvases.delete(actor, id))) throw notFound('Canvas');
      }),
  };
}

function found<T>(canvas: T | undefined): T {
  if (canvas === undefined) throw notFound('Canvas');
  return canvas;
}
