import { expect, it } from "vitest";
import { inBatches } from "../../src/store/batches.ts";

/** Work that remembers its batches and takes a turn of the event loop. */
function recording(answer: (item: number) => string = String) {
  const batches: (readonly number[])[] = [];
  const add = inBatches(3, async (items: readonly number[]) => {
    batches.push(items);
    await new Promise((resolve) => setImmediate(resolve));
    return items.map(answer);
  });
  return { batches, add };
}

it("does one at once, and together what came meanwhile, up to the limit", async () => {
  const { batches, add } = recording();

  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(add));

  expect(answers).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(batches).toEqual([[1], [2, 3, 4], [5, 6]]);
});

it("starts again after it had nothing to do", async () => {
  const { batches, add } = recording();
  await add(1);

  await add(2);

  expect(batches).toEqual([[1], [2]]);
});

it("lets one that fails fail alone", async () => {
  const { batches, add } = recording((item) => {
    if (item === 3) throw new Error("three");
    return String(item);
  });

  const answers = await Promise.allSettled([1, 2, 3, 4, 5].map(add));

  expect(answers.map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(batches).toEqual([[1], [2, 3, 4], [2], [3], [4], [5]]);
});
