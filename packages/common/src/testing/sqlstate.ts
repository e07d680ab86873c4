import { errorCode, LoupeError } from '../errors';

/** `done`, or the SQLSTATE with which PostgreSQL refused, whether the driver's error or ours carries it. */
export async function sqlstateOf(statement: Promise<unknown>): Promise<string> {
  try {
    await statement;
    return 'done';
  } catch (error) {
    const code = errorCode(error instanceof LoupeError ? error.cause : error);
    if (code === undefined) throw error;
    return code;
  }
}
