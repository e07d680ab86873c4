import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { errorCode } from '@loupe/common/errors';
import { JsonStream } from './json-stream';
import type { Answer } from './route';

const JSON_TYPE = 'application/json; charset=utf-8';

export async function respond(req: Request, res: Response, answer: Answer): Promise<void> {
  const { status, headers, body } = answer;
  res.status(status).set(headers);
  if (body === undefined) {
    res.end();
  } else if (body instanceof JsonStream) {
    await stream(req, res, body);
  } else if (Buffer.isBuffer(body)) {
    res.set('Content-Type', JSON_TYPE).send(body);
  } else {
    res.json(body);
  }
}

/** What a pipeline into a closed connection fails with: closed on the way, or before the first piece. */
const hungUp = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE']);

/** Bytes up to which an answer is sent in one, with its length. */
const smallBytes = 262_144;

async function stream(req: Request, res: Response, { pieces }: JsonStream): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  // Until the first pieces are there, a failure can still be answered with a status that says so.
  const { begun, isWhole } = await beginning(iterator);
  if (res.destroyed) {
    await iterator.return?.();
    return;
  }
  res.set('Content-Type', JSON_TYPE);
  if (isWhole) {
    res.send(begun);
    return;
  }
  if (req.method === 'HEAD') {
    await iterator.return?.();
    res.end();
    return;
  }
  try {
    await pipeline(Readable.from(resumed(begun, iterator), { objectMode: false }), res);
  } catch (error) {
    // The client hung up: nobody is left to tell.
    if (hungUp.has(errorCode(error) ?? '')) return;
    throw error;
  }
}

type Pieces = AsyncIterator<string | Buffer>;

/** The first pieces, until they are more than small, or all. */
async function beginning(iterator: Pieces): Promise<{ begun: Buffer; isWhole: boolean }> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let next = await iterator.next();
  for (; next.done !== true; next = await iterator.next()) {
    const piece = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > smallBytes) break;
  }
  return { begun: Buffer.concat(pieces), isWhole: next.done === true };
}

async function* resumed(begun: Buffer, iterator: Pieces): AsyncGenerator<string | Buffer> {
  try {
    yield begun;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
