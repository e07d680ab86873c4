import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { errorCode } from '@loupe/common/errors';
import { JsonStream } from './json-stream';
import type { Answer } from './route';

export async function respond(req: Request, res: Response, answer: Answer): Promise<void> {
  res.status(answer.status).set(answer.headers);
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

/** Characters up to which an answer is sent as one. */
const smallAnswer = 64 * 1_024;

async function stream(req: Request, res: Response, { pieces }: JsonStream): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  // Until the first piece is there, a failure can still be answered with a status that says so.
  const { text, isWhole } = await beginningOf(iterator);
  if (res.destroyed) {
    await iterator.return?.();
    return;
  }
  res.type('json');
  if (isWhole || req.method === 'HEAD') {
    await iterator.return?.();
    res.end(text);
    return;
  }
  try {
    await pipeline(Readable.from(resumed(text, iterator)), res);
  } catch (error) {
    // The client hung up: nobody is left to tell.
    if (hungUp.has(errorCode(error) ?? '')) return;
    throw error;
  }
}

/** The first pieces, as one: most answers have no others. */
async function beginningOf(iterator: AsyncIterator<string>): Promise<{ text: string; isWhole: boolean }> {
  let text = '';
  while (text.length < smallAnswer) {
    const next = await iterator.next();
    if (next.done === true) return { text, isWhole: true };
    text += next.value;
  }
  return { text, isWhole: false };
}

async function* resumed(beginning: string, iterator: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    yield beginning;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
