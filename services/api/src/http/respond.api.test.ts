import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import { JsonStream } from './json-stream';
import { respond } from './respond';

it.each(['before the first piece', 'between two pieces'])(
  'a client that hangs up %s is no error, and ends the stream',
  async (when) => {
    const begun = Promise.withResolvers<undefined>();
    const gone = Promise.withResolvers<undefined>();
    const ended = Promise.withResolvers<undefined>();
    const outcome = Promise.withResolvers<unknown>();
    async function* pieces(): AsyncGenerator<string> {
      try {
        if (when === 'between two pieces') yield '[1,';
        begun.resolve(undefined);
        await gone.promise;
        yield '2]';
      } finally {
        ended.resolve(undefined);
      }
    }
    const app = express();
    app.get('/', async (req, res) => {
      res.once('close', () => gone.resolve(undefined));
      outcome.resolve(
        await respond(req, res, { status: 200, body: new JsonStream(pieces()) }).catch(
          (error: unknown) => error,
        ),
      );
    });
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun.promise;
    socket.destroy();
    expect(await outcome.promise).toBeUndefined();
    await ended.promise;
    server.close();
    await once(server, 'close');
  },
);
