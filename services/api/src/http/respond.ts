import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { errorCode } from '@loupe/common/errors';
import { JsonStream } from './json-stream';
import type { Answer } from './route';

export async function respond(req: Request, res: Response, answer: Answer): Promise<void> {
  res.status(answer.status);
  if (answer.body === undefined) {
    res.end();
  } else if (answer.body instanceof JsonStream) {
    await stream(req, res, answer.body);
  } else {
    res.json(answer.body);
  }
}

/** What a pipeline into a closed connection fails with: closed on the way, or before the first piece. */
const hungUp = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE']);

async function stream(req: Request, res: Response, { pieces }: JsonStream): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  // Until the first piece is there, a failure can still be answered with a status that says so.
  const first = await iterator.next();
  if (res.destroyed) {
    await iterator.return?.();
    return;
  }
  res.type('json');
  if (req.method === 'HEAD') {
    await iterator.return?.();
    res.end();
    return;
  }
  try {
    await pipeline(Readable.from(resumed(first, iterator)), res);
  } catch (error) {
    // The client hung up: nobody is left to tell.
    if (hungUp.has(errorCode(error) ?? '')) return;
    throw error;
  }
}

async function* resumed(
  first: IteratorResult<string>,
  iterator: AsyncIterator<string>,
): AsyncGenerator<string> {
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
