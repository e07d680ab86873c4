import { v7 } from 'uuid';

/** A new identifier: UUID v7, lower case, so that rows made one after the other lie together in an index. */
export const newId = (): string => v7();
