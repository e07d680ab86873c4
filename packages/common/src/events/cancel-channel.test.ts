import { cancelChannel, parseCancelMessage } from './cancel-channel';

const runId = '01890a5d-ac96-774b-bcce-b302099a8057';

it('each session of each installation has a channel of its own', () => {
  const channels = [cancelChannel('loupe', 'a'), cancelChannel('loupe', 'b'), cancelChannel('other', 'a')];
  expect(new Set(channels).size).toBe(3);
});

it('a message names a run', () => {
  expect(parseCancelMessage(`{"runId":"${runId}","more":1}`)).toMatchObject({ runId });
});

it.each(['', 'text', '{', 'null', '[]', '{}', '{"runId":"x"}', '{"runId":7}', `"${runId}"`])(
  '%s is none of ours',
  (text) => {
    expect(parseCancelMessage(text)).toBeUndefined();
  },
);
