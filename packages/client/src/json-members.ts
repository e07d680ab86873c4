import { JSONParser } from '@streamparser/json';

/** A member of the object that a text is, or an item of the one member that is taken apart. */
export type Piece = { member: string; value: unknown } | { item: unknown };

/**
 * The members of a JSON object in their order, as its text comes in; of the array `list` the items, one by one, so
 * that it is never held as a whole. Rejects for what is no JSON, or ends too early.
 */
export async function* jsonMembers(
  body: ReadableStream<Uint8Array>,
  list: string,
): AsyncGenerator<Piece, void> {
  let pieces: Piece[] = [];
  const parser = new JSONParser({ paths: ['$.*', `$.${list}.*`], keepStack: false });
  parser.onValue = ({ key, value, stack }) => {
    if (stack.length > 1) pieces.push({ item: value });
    else if (key !== list) pieces.push({ member: String(key), value });
  };
  const reader = body.getReader();
  let ended = false;
  try {
    while (!ended) {
      const { done, value } = await reader.read();
      ended = done;
      if (value !== undefined) parser.write(value);
      const ready = pieces;
      pieces = [];
      yield* ready;
    }
    if (!parser.isEnded) throw new Error('The answer was cut off');
  } finally {
    // Who stops reading half-way wants no more of it to be sent.
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}
