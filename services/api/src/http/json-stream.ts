/** An answer that is written piece by piece, as fast as the client reads. The pieces together are one JSON text. */
export class JsonStream {
  constructor(readonly pieces: AsyncIterable<string | Buffer>) {}
}
