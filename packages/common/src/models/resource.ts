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

/** A document of users that is kept and given back, and whose members are nobody's business here. */
export type OpaqueObject = Record<string, unknown>;
