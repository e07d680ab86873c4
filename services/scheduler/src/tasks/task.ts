/** Something that a scheduler does again and again. Any number of replicas may do it at once. */
export interface Task {
  name: string;
  everyMs: number;
  /** One round. What it could not do, the next one does. */
  run: () => Promise<void>;
}
