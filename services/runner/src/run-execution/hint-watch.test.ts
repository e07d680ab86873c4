import { createHintWatch } from './hint-watch';

function atTime() {
  const clock = { now: 0 };
  return { clock, watch: createHintWatch(() => clock.now) };
}

describe('hint watch', () => {
  it('calls a consumer deaf once the poll has found work for a minute and no hint has come', () => {
    const { clock, watch } = atTime();
    watch.missed();
    clock.now = 60_000;
    watch.missed();
    expect(watch.isDeaf()).toBe(false);
    clock.now = 60_001;
    watch.missed();
    expect(watch.isDeaf()).toBe(true);
  });

  it('begins anew with each hint', () => {
    const { clock, watch } = atTime();
    watch.missed();
    clock.now = 59_000;
    watch.heard();
    clock.now = 62_000;
    watch.missed();
    clock.now = 121_000;
    watch.missed();
    expect(watch.isDeaf()).toBe(false);
  });

  it('takes silence for silence: one lost hint before a quiet hour is no deafness', () => {
    const { clock, watch } = atTime();
    watch.missed();
    clock.now = 3_600_000;
    expect(watch.isDeaf()).toBe(false);
  });

  it('takes two hints that were lost an hour apart for two accidents', () => {
    const { clock, watch } = atTime();
    watch.missed();
    clock.now = 3_600_000;
    watch.missed();
    expect(watch.isDeaf()).toBe(false);
  });
});
