/** Promises by key, to be resolved from elsewhere in this process. */
export interface Deferreds<Value> {
  of(key: string): Promise<Value>;
  resolve(key: string, value: Value): void;
  reject(key: string, error: Error): void;
}

export function createDeferreds<Value>(): Deferreds<Value> {
  const waiting = new Map<string, PromiseWithResolvers<Value>>();
  const take = (key: string): PromiseWithResolvers<Value> | undefined => {
    const found = waiting.get(key);
    waiting.delete(key);
    return found;
  };
  return {
    of(key) {
      const made = Promise.withResolvers<Value>();
      waiting.set(key, made);
      return made.promise;
    },
    resolve: (key, value) => take(key)?.resolve(value),
    reject: (key, error) => take(key)?.reject(error),
  };
}
