import { randomBytes } from 'node:crypto';
import { decodeChunk, encodeChunk } from './chunk-codec';

it.each([
  ['nothing', '', 'identity'],
  ['a short text', '[1],[2]', 'identity'],
  ['a text just too short to compress', 'x'.repeat(2_047), 'identity'],
  ['a text that is worth it', 'x'.repeat(2_048), 'zstd'],
  ['text beyond ASCII', '["ü", "\u{1F600}", "\u2028"]'.repeat(200), 'zstd'],
  ['noise', randomBytes(50_000).toString('base64'), 'zstd'],
])('gives %s back as it was', async (_what, text, encoding) => {
  const chunk = await encodeChunk(7, text);
  expect(chunk).toMatchObject({ seq: 7, encoding });
  expect(await decodeChunk(chunk)).toBe(text);
});

it('compresses what repeats itself', async () => {
  const text = '["2026-01-01","flights",1234],'.repeat(10_000);
  expect((await encodeChunk(0, text)).body.length).toBeLessThan(text.length / 20);
});

it('refuses what is not what it says it is', async () => {
  await expect(decodeChunk({ encoding: 'zstd', body: Buffer.from('not zstd') })).rejects.toThrow();
});
