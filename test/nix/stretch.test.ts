/** Who looks at which names: all of them once, whoever is faster. */
import { describe, expect, it } from "vitest";
import { type Stretch, shareLongest, wholeStretch } from "../../src/nix/stretch.ts";

const sharing = { leastNames: 10, leastSeconds: 1 };

function whole(count: number): Stretch {
  const stretch = wholeStretch();
  stretch.limit(count);
  return stretch;
}

describe("two that go towards each other", () => {
  it("leave to each other what the other one is at", () => {
    const up = whole(100);
    const down = up.share();
    expect([down.at, down.end, down.step]).toEqual([99, 0, -1]);
    up.moveTo(40);
    down.moveTo(60);

    expect([up.end, down.end]).toEqual([60, 40]);
    expect([up.isAhead(41), up.isAhead(40), down.isAhead(59), down.isAhead(60)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("count what is left between them once", () => {
    const up = whole(100);
    const down = up.share();
    up.moveTo(40);
    down.moveTo(60);

    expect(up.left + down.left).toBe(20);
  });

  it("are done where they meet, and the later one goes on with what it is at", () => {
    const up = whole(10);
    const down = up.share();
    down.moveTo(6);
    up.moveTo(5);
    up.moveTo(6);
    expect(up.isOver()).toBe(true);
    up.finish();
    expect([down.isOver(), down.at, down.end]).toEqual([false, 6, 5]);
    down.moveTo(5);

    expect(down.isOver()).toBe(true);
  });
});

/** Each step, somebody else says that a name is done; a set takes several steps, and says so at the first. */
function walkAll(count: number, walkers: number, turn: (step: number) => number) {
  const seen: number[] = [];
  const stretches = [whole(count)];
  const next = new Map<Stretch, number>([[stretches[0] as Stretch, 0]]);
  for (let step = 0; stretches.some((one) => next.has(one)); step += 1) {
    if (stretches.length < walkers) {
      const more = shareLongest(stretches, { leastNames: 2, leastSeconds: 0 }, 1);
      if (more !== undefined) {
        stretches.push(more);
        next.set(more, more.at);
      }
    }
    const active = stretches.filter((one) => next.has(one));
    const one = active[turn(step) % active.length] as Stretch;
    const place = next.get(one) as number;
    const isOut = place < 0 || place >= count;
    if (!isOut && one.isAhead(place)) one.moveTo(place);
    if (isOut || one.isOver()) {
      one.finish();
      next.delete(one);
      continue;
    }
    seen.push(place);
    next.set(one, place + one.step);
  }
  return seen;
}

describe("all names are looked at", () => {
  it.each([1, 2, 3, 4, 7])("by %i walkers, whoever is faster", (walkers) => {
    for (const count of [1, 2, 3, 5, 8, 30, 97])
      for (const seed of [1, 2, 3, 5, 7, 11]) {
        const seen = walkAll(count, walkers, (step) => (step * seed + Math.floor(step / 3)) % 13);
        expect(new Set(seen).size).toBe(count);
        // Where two meet, each may have looked at the same ones.
        expect(seen.length).toBeLessThanOrEqual(count + 2 * walkers);
      }
  });
});

describe("a part of the longest stretch", () => {
  it("is the way back from its end", () => {
    const up = whole(100);
    up.moveTo(60);
    const down = shareLongest([up], sharing, 1);

    expect([down?.at, down?.end]).toEqual([99, 60]);
  });

  it("is the second half of what two have left", () => {
    const up = whole(100);
    const down = up.share();
    up.moveTo(20);
    down.moveTo(80);
    const third = shareLongest([up, down], sharing, 1);

    expect([third?.at, third?.end, up.end, down.end]).toEqual([50, 80, 50, 50]);
    third?.moveTo(55);
    expect([down.end, up.end]).toEqual([55, 50]);
  });

  it("is none where too few names are left", () => {
    expect(shareLongest([whole(19)], sharing, 1)).toBeUndefined();
    expect(shareLongest([], sharing, 1)).toBeUndefined();
  });

  it.each([
    { secondsPerName: 0.01, found: true },
    { secondsPerName: 0.0099, found: false },
    { secondsPerName: Number.POSITIVE_INFINITY, found: true },
  ])("at $secondsPerName s for each name: $found", ({ secondsPerName, found }) => {
    expect(shareLongest([whole(100)], sharing, secondsPerName) !== undefined).toBe(found);
  });
});
