import { createHash } from 'node:crypto';
import { newId } from '../crypto';
import type { ClaimedRun } from '../models';
import { createEndingRepository } from '../repositories/engine';
import { createTenant, openRunStage, type RunStage } from '../testing';
import { createResultReader, type ResultReader } from './result-reader';
import { createResultWriter, type ResultWriter, type WrittenResult } from './result-writer';

let stage: RunStage;
let reader: ResultReader;
beforeAll(async () => {
  stage = await openRunStage();
  reader = createResultReader(stage.app);
});
afterAll(() => stage.close());

const columns = [
  { name: 'n', dataType: 'INT4' },
  { name: 'n', dataType: 'TEXT' },
];

interface Writing {
  run: ClaimedRun;
  resultId: string;
  writer: ResultWriter;
}

async function begin(): Promise<Writing> {
  const run = await stage.running();
  const resultId = newId();
  const writer = createResultWriter(stage.runner, { resultId, ...run });
  writer.columns(columns);
  return { run, resultId, writer };
}

const outcome = { truncated: false, executionTimeMs: 12 };

const end = async (run: ClaimedRun, result: WrittenResult): Promise<void> => {
  const ended = await createEndingRepository(stage.runner).succeeded(run, { ...result, ttlDays: 7 });
  expect(ended).toBe(true);
};

async function store(batches: readonly (readonly string[])[]): Promise<Writing & { result: WrittenResult }> {
  const writing = await begin();
  for (const batch of batches) await writing.writer.rows(batch);
  const result = await writing.writer.finish(outcome);
  await end(writing.run, result);
  return { ...writing, result };
}

async function read(resultId: string): Promise<string> {
  const manifest = await reader.manifest(stage.tenant, resultId);
  if (manifest === undefined) throw new Error('there is no such result');
  let text = '';
  for await (const piece of reader.rows(stage.tenant, manifest)) text += piece;
  return text;
}

const chunks = (runId: string): Promise<{ seq: number; encoding: string; size: number }[]> =>
  stage.database.asOwner(
    'SELECT seq, encoding, length(body) AS size FROM result_chunks WHERE run_id = $1 ORDER BY seq',
    [runId],
  );

const rowsOf = (count: number, width = 10): string[] =>
  Array.from({ length: count }, (_, i) => JSON.stringify([i, 'x'.repeat(width)]));

describe('a result', () => {
  it('that is small travels with the end of its run, in one chunk', async () => {
    const { run, resultId, result } = await store([['[1,"a"]', '[2,null]']]);
    expect(result.onlyChunk).toMatchObject({ seq: 0, encoding: 'identity' });
    expect(await read(resultId)).toBe('[1,"a"],[2,null]');
    expect(await chunks(run.runId)).toHaveLength(1);
  });

  it('that is empty has columns and no chunk', async () => {
    const { run, resultId } = await store([]);
    expect(await reader.manifest(stage.tenant, resultId)).toMatchObject({
      ...{ columns, rowCount: 0, byteCount: 0, chunkCount: 0 },
      checksum: createHash('sha256').digest(),
    });
    expect(await read(resultId)).toBe('');
    expect(await chunks(run.runId)).toEqual([]);
  });

  it('that is large lies in chunks of bounded size, which join without anything added', async () => {
    const rows = rowsOf(20_000, 60);
    const batches = Array.from({ length: 40 }, (_, i) => rows.slice(i * 500, (i + 1) * 500));
    const { run, resultId, result } = await store(batches);
    const stored = await chunks(run.runId);
    expect(result.onlyChunk).toBeUndefined();
    expect(result.manifest.chunkCount).toBe(stored.length);
    expect(stored.length).toBeGreaterThan(4);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i));
    expect(stored.every(({ encoding }) => encoding === 'zstd')).toBe(true);
    expect(JSON.parse(`[${await read(resultId)}]`)).toEqual(rows.map((row) => JSON.parse(row) as unknown));
  });

  it('with one row beyond every chunk’s size is still whole', async () => {
    const rows = [JSON.stringify(['x'.repeat(1_000_000)]), '[1]'];
    const { resultId, result } = await store([rows]);
    expect(result.manifest.chunkCount).toBe(2);
    expect(await read(resultId)).toBe(rows.join(','));
  });

  it('tells its numbers, and a checksum of exactly the text that is read', async () => {
    const rows = rowsOf(9_000, 50);
    const { resultId, run } = await store([rows]);
    const text = await read(resultId);
    expect(await reader.manifest(stage.tenant, resultId)).toEqual({
      ...{ id: resultId, runId: run.runId, attempt: 1, columns, rowCount: 9_000, truncated: false },
      ...{ chunkCount: expect.any(Number), executionTimeMs: 12, expiredAt: null, orgId: stage.tenant.orgId },
      firstChunk: { encoding: 'zstd', body: expect.any(Buffer) },
      // Each row with the comma or bracket that follows it.
      byteCount: Buffer.byteLength(text) + 1,
      checksum: createHash('sha256').update(text).digest(),
    });
  });

  it('counts bytes and not characters', async () => {
    const { result } = await store([['["ü\u{1F600}"]']]);
    expect(result.manifest.byteCount).toBe(Buffer.byteLength('["ü\u{1F600}"]') + 1);
  });
});

describe('the store', () => {
  it('holds what is written before the end, chunk by chunk: the writer does not', async () => {
    const { run, writer } = await begin();
    await writer.rows(rowsOf(6_000, 50));
    const soFar = await chunks(run.runId);
    expect(soFar.length).toBeGreaterThan(0);
    await writer.rows(rowsOf(6_000, 50));
    expect((await chunks(run.runId)).length).toBeGreaterThan(soFar.length);
  });

  it('forgets what an attempt discards, and that alone', async () => {
    const kept = await store([rowsOf(6_000, 50)]);
    const { run, writer } = await begin();
    await writer.rows(rowsOf(6_000, 50));
    expect(await chunks(run.runId)).not.toEqual([]);
    await writer.discard();
    expect(await chunks(run.runId)).toEqual([]);
    expect(await chunks(kept.run.runId)).not.toEqual([]);
    await (await begin()).writer.discard();
  });

  it('keeps what a result holds, whatever its owner believes of the end', async () => {
    const { run, resultId, writer } = await begin();
    await writer.rows(rowsOf(6_000, 50));
    await end(run, await writer.finish(outcome));
    await writer.discard();
    expect(await read(resultId)).toBe(rowsOf(6_000, 50).join(','));
  });

  it('keeps two attempts of one run apart', async () => {
    const { run, resultId, writer } = await begin();
    const zombie = createResultWriter(stage.runner, { ...run, resultId: newId(), attempt: run.attempt - 1 });
    await Promise.all([writer.rows(rowsOf(6_000, 50)), zombie.rows(rowsOf(6_000, 70))]);
    await end(run, await writer.finish(outcome));
    expect(JSON.parse(`[${await read(resultId)}]`)).toEqual(
      rowsOf(6_000, 50).map((row) => JSON.parse(row) as unknown),
    );
    await zombie.discard();
    expect(await read(resultId)).toBe(rowsOf(6_000, 50).join(','));
  });
});

describe('reading', () => {
  it('breaks off when a chunk is gone: part of a result never passes for all of it', async () => {
    const { run, resultId } = await store([rowsOf(20_000, 60)]);
    await stage.database.asOwner('DELETE FROM result_chunks WHERE run_id = $1 AND seq = 1', [run.runId]);
    const manifest = await reader.manifest(stage.tenant, resultId);
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const piece of reader.rows(stage.tenant, manifest!)) pieces.push(piece);
    })();
    await expect(reading).rejects.toThrow(`chunk 1 of result ${resultId} is gone`);
    expect(pieces).toHaveLength(1);
  });

  it('finds nothing of another organization', async () => {
    const { resultId } = await store([['[1]']]);
    const stranger = await createTenant(stage.app);
    expect(await reader.manifest(stranger, resultId)).toBeUndefined();
    const manifest = await reader.manifest(stage.tenant, resultId);
    await expect(reader.rows(stranger, manifest!)[Symbol.asyncIterator]().next()).rejects.toThrow('is gone');
  });

  it('tells when the rows were deleted by age', async () => {
    const { resultId } = await store([['[1]']]);
    await stage.database.asOwner('UPDATE results SET expired_at = now() WHERE id = $1', [resultId]);
    expect(await reader.manifest(stage.tenant, resultId)).toMatchObject({ expiredAt: expect.any(Date) });
  });

  it('finds the result of a run, and none while it has none', async () => {
    const { run, resultId, writer } = await begin();
    expect(await reader.ofRun(stage.tenant, run.runId)).toEqual({ state: 'running', manifest: undefined });
    await writer.rows(['[1]']);
    await end(run, await writer.finish(outcome));
    expect(await reader.ofRun(stage.tenant, run.runId)).toEqual({
      state: 'succeeded',
      manifest: await reader.manifest(stage.tenant, resultId),
    });
    expect(await reader.ofRun(await createTenant(stage.app), run.runId)).toBeUndefined();
    expect(await reader.ofRun(stage.tenant, newId())).toBeUndefined();
  });

  it('knows no result that was never referred to', async () => {
    const { resultId, writer } = await begin();
    await writer.rows(['[1]']);
    await writer.finish(outcome);
    expect(await reader.manifest(stage.tenant, resultId)).toBeUndefined();
  });
});
