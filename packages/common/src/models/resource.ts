/** What everything has that users make and change. */
export interface Resource {
  id: string;
  orgId: string;
  /** Rises with every change. */
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export type ResourceVersion = Pick<Resource, 'id' | 'version'>;

/** A document of users that is kept and given back, and whose members are nobody's business here. */
export type OpaqueObject = Record<string, unknown>;

/**
 * Most parts that a dashboard or a canvas may have of a kind (tiles, nodes, edges), and most bytes of JSON in their
 * documents together: a whole is read, rendered and sent at once, and a list answers a hundred of them.
 */
export const partLimits = { count: 250, bytes: 524_288 } as const;
