const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

export const say = (text) => process.stdout.write(`loupe: ${text}\n`);

/** Runs `work` and prints one line with the sentence it returns and the time it took. */
export async function step(name, work) {
  const start = performance.now();
  const outcome = await work();
  say(`${name}: ${outcome} (${seconds(start)})`);
}
