/** The message of anything that was thrown. For logs and developers, not for clients. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return thrown.errors.map(errorText).join('; ');
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` that Node.js (`ECONNREFUSED`) and PostgreSQL (`40001`) put on their errors, or undefined. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
