import { notFound } from '@loupe/common/errors';
import type { Actor, ListRequest } from '@loupe/common/models';
import type { CanvasRepository } from '@loupe/common/repositories';
import type { KeptBodies } from '../../http/kept-bodies';
import { createWholeReader, type Rendered, type RenderedList } from '../../http/rendered-wholes';
import { presentCanvas } from './canvases.contract';

/** Canvases as the bytes that answer a read. */
export interface CanvasReader {
  list(actor: Actor, request: ListRequest): Promise<RenderedList>;
  find(actor: Actor, id: string): Promise<Rendered>;
}

export function createCanvasReader({
  canvases: source,
  keptBodies,
}: {
  canvases: CanvasRepository;
  keptBodies: KeptBodies;
}): CanvasReader {
  const reader = createWholeReader({ ...keptBodies, kind: 'canvas', source, present: presentCanvas });
  return {
    list: (actor, request) => reader.list(actor, request),
    async find(actor, id) {
      const canvas = await reader.find(actor, id);
      if (canvas === undefined) throw notFound('Canvas');
      return canvas;
    },
  };
}
