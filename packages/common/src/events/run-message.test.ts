import { cancelChannel, runEndChannel } from './run-channels';
import { parseRunMessage, runMessage } from './run-message';

const runId = '01890a5d-ac96-774b-bcce-b302099a8057';

it('each session of each installation has a channel of its own', () => {
  const channels = [cancelChannel('loupe', 'a'), cancelChannel('loupe', 'b'), cancelChannel('other', 'a')];
  channels.push(runEndChannel('loupe'), runEndChannel('other'));
  expect(new Set(channels).size).toBe(5);
});

it('a message names a run', () => {
  expect(parseRunMessage(runMessage(runId))).toEqual({ runId });
  expect(parseRunMessage(`{"runId":"${runId}","more":1}`)).toMatchObject({ runId });
});

it.each(['', 'text', '{', 'null', '[]', '{}', '{"runId":"x"}', '{"runId":7}', `"${runId}"`])(
  '%s is none of ours',
  (text) => {
    expect(parseRunMessage(text)).toBeUndefined();
  },
);
