import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { ResultChunk } from '../models';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Below this many bytes compression saves nothing worth its time. */
const worthCompressing = 2_048;

/** Rows' JSON text → what is stored. Compression runs on libuv's threads, not on the event loop. */
export async function encodeChunk(seq: number, text: string): Promise<ResultChunk> {
  const body = Buffer.from(text, 'utf8');
  if (body.length < worthCompressing) return { seq, encoding: 'identity', body };
  return { seq, encoding: 'zstd', body: await compress(body) };
}

/** What is stored → rows' JSON text. */
export async function decodeChunk(chunk: Pick<ResultChunk, 'encoding' | 'body'>): Promise<string> {
  const body = chunk.encoding === 'zstd' ? await decompress(chunk.body) : chunk.body;
  return body.toString('utf8');
}
