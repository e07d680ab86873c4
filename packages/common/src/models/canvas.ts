import type { OpaqueObject, Resource } from './resource';

export const timePresets = ['now', '1h', '3h', '6h', '12h', '24h', '7d', '30d', '90d', 'custom'] as const;
export type TimePreset = (typeof timePresets)[number];

export const nodeTypes = ['query', 'note'] as const;
export type NodeType = (typeof nodeTypes)[number];

export const edgeLabels = [
  'motivates',
  'explains',
  'contradicts',
  'supports',
  'derives_from',
  'questions',
] as const;
export type EdgeLabel = (typeof edgeLabels)[number];

/** What a save of a canvas itself can change. */
export interface CanvasContent {
  name: string;
  timePreset: TimePreset;
  /** Milliseconds. */
  timeOffset: number;
  timeCustomStart: Date | null;
  timeCustomEnd: Date | null;
  live: boolean;
  tags: string[];
}

/** Notes and queries on a plane, and how they relate. `version` rises with every change of a node or an edge, too. */
export interface Canvas extends CanvasContent, Resource {
  /** Oldest first, both. */
  nodes: CanvasNode[];
  edges: CanvasEdge[];
}

/** What a save of a node can change. */
export interface NodeContent {
  title: string;
  posX: number;
  posY: number;
  width: number;
  height: number;
  meta: OpaqueObject;
}

export interface CanvasNode extends NodeContent, Resource {
  canvasId: string;
  nodeType: NodeType;
}

/** A statement about two nodes of one canvas; one for each direction at most. */
export interface CanvasEdge extends Resource {
  canvasId: string;
  fromNodeId: string;
  toNodeId: string;
  label: EdgeLabel;
}
