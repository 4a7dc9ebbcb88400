/**
 * Batches: what is asked for while the database is busy is done together as soon as it is free.
 *
 * Nothing waits to be collected: alone it is done alone, at once. Under load the cost of a transaction is shared,
 * which keeps the time to an answer flat.
 */

/** @param work gives its results in the order of the items, or fails for all of them and has done nothing. */
export function inBatches<Item, Result>(
  limit: number,
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (result: Result | Promise<Result>) => void;
  }
  const waiting: Waiting[] = [];
  let busy = false;

  const alone = async (item: Item): Promise<Result> => {
    const [result] = await work([item]);
    return result as Result;
  };

  const settle = async (batch: readonly Waiting[]) => {
    try {
      const results = await work(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as Result);
      });
    } catch (error) {
      // One of them may be at fault for all: each gets its own answer.
      for (const { item, resolve } of batch) {
        const own = batch.length === 1 ? Promise.reject<Result>(error) : alone(item);
        resolve(own);
        await own.catch(() => undefined);
      }
    }
  };

  const goOn = async () => {
    busy = true;
    while (waiting.length > 0) await settle(waiting.splice(0, limit));
    busy = false;
  };

  return (item) =>
    new Promise((resolve) => {
      waiting.push({ item, resolve });
      if (!busy) void goOn();
    });
}
