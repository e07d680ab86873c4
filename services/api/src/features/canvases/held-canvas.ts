import { notFound } from '@loupe/common/errors';
import type { OrgScope } from '@loupe/common/models';
import type { CanvasRepository } from '@loupe/common/repositories';

/** Something on a canvas. */
export interface PlaceOnCanvas {
  canvasId: string;
  id: string;
}

/** Holds the canvas until the transaction ends: changes of one canvas's nodes and edges come one after the other. */
export async function holdCanvas(
  { canvases }: { canvases: CanvasRepository },
  scope: OrgScope,
  canvasId: string,
): Promise<void> {
  if ((await canvases.lock(scope, canvasId)) === undefined) throw notFound('Canvas');
}
