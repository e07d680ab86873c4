import { ConnectorError, type ConnectorSession, type RowSink } from '@loupe/common/connectors';
import { openSession } from '@loupe/common/connectors/open';
import type { ChildFailure, ChildRequest, FromChild, ToChild } from './messages';

// The process in which a run of the pool `quarantine` meets its source: what kills it costs that run alone. It knows its source
// and nothing of Loupe's own database; the runner stores what it sends.

const stopping = new AbortController();
let session: ConnectorSession | undefined;
let taken: (() => void) | undefined;

const send = (message: FromChild): void => void process.send?.(message);

/** Resolves when the runner has taken it: a slow store slows the source down. */
const hand = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    taken = resolve;
    send(message);
  });

const sink: RowSink = {
  columns: (columns) => hand({ kind: 'columns', columns }),
  rows: (rows) => hand({ kind: 'rows', rows }),
};

async function perform(request: ChildRequest): Promise<unknown> {
  const { signal } = stopping;
  if (request.call === 'open') {
    session = await openSession(request.type, { ...request.options, signal });
    return undefined;
  }
  if (session === undefined) throw new Error('there is no session');
  if (request.call === 'stopEarlierAttempts') return session.stopEarlierAttempts();
  return session.execute({ ...request.request, signal }, sink);
}

function failureOf(error: unknown): ChildFailure {
  if (error instanceof ConnectorError) {
    const { errorClass, message, code, sqlState, isStopConfirmed } = error;
    return { errorClass, message, code, sqlState, isStopConfirmed };
  }
  return { errorClass: 'unknown', message: '', code: undefined, sqlState: undefined, isStopConfirmed: true };
}

process.on('message', (message: ToChild) => {
  switch (message.call) {
    case 'taken':
      taken?.();
      return;
    case 'stop':
      stopping.abort(new Error('the runner stops the run'));
      return;
    default:
      perform(message).then(
        (value) => {
          send({ kind: 'done', value });
        },
        (error: unknown) => {
          send({ kind: 'failed', failure: failureOf(error) });
        },
      );
  }
});
// The runner is gone, or has no more use for it: what still runs in the source ends with the connection.
process.on('disconnect', () => process.exit());
// A terminal's Ctrl-C reaches every process of the group; when this one ends is the runner's decision.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
