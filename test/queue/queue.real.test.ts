import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { EnvironmentError, UserError } from "../../src/errors.ts";
import type { DatabasePlace } from "../../src/store/database.ts";
import { databases } from "../harness/databases.ts";
import { PROJECT } from "../harness/modprobot.ts";
import { aCheck, aDelivery, eventually, handlers, openWork, SYSTEM, type Work } from "../harness/work.ts";

const kinds = databases();
const [postgres] = kinds;

/** Work that ends when its signal fires, and remembers what it was given. */
function untilAborted() {
  const seen: string[] = [];
  const aborted: string[] = [];
  return {
    seen,
    aborted,
    run: (id: string, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        seen.push(id);
        signal.addEventListener("abort", () => {
          aborted.push(id);
          reject(signal.reason);
        });
      }),
  };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function workerProcess(place: DatabasePlace) {
  const child = spawn(process.execPath, [`${PROJECT}/test/queue/worker-process.ts`, JSON.stringify(place)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  return {
    says: (start: string) => eventually(() => lines.some((line) => line.startsWith(start)), 60_000),
    kill: () =>
      new Promise((resolve) => {
        child.once("exit", resolve);
        child.kill("SIGKILL");
      }),
  };
}

describe.each(kinds)("the queue on $name", ({ name, place }) => {
  it("hands every delivery to a handler once", async () => {
    await using work = await openWork(await place());
    const handled: string[] = [];
    await work.queue.work(handlers({ delivery: async (guid) => void handled.push(guid) }), [SYSTEM]);

    const deliveries = Array.from({ length: 40 }, () => aDelivery());
    await Promise.all(
      deliveries.flatMap((delivery) => [1, 2, 3].map(() => work.store.acceptDelivery(delivery))),
    );

    await eventually(async () => (await work.queue.depth())["delivery"] === undefined);
    expect(handled.toSorted()).toEqual(deliveries.map(({ guid }) => guid).toSorted());
    expect(work.errors).toEqual([]);
  });

  it("enqueues nothing where the transaction fails", async () => {
    await using work = await openWork(await place());
    const delivery = aDelivery();

    await expect(
      work.database.access.transaction(async (tx) => {
        await work.queue.outbox.deliveries([delivery.guid], tx);
        throw new Error("after it was enqueued");
      }),
    ).rejects.toThrow("after it was enqueued");

    expect(await work.queue.depth()).toEqual({});
  });

  it("runs one check and four deliveries at once", async () => {
    await using work = await openWork(await place());
    const [checks, deliveries] = [untilAborted(), untilAborted()];
    for (const number of [1, 2, 3]) await work.store.requestCheck(aCheck({ number }));
    for (let count = 0; count < 6; count++) await work.store.acceptDelivery(aDelivery());

    await work.queue.work(handlers({ check: checks.run, delivery: deliveries.run }), [SYSTEM]);

    await eventually(() => checks.seen.length === 1 && deliveries.seen.length === 4);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([checks.seen.length, deliveries.seen.length]).toEqual([1, 4]);
  });

  it("begins no check as long as they are held back, and goes on with everything else", async () => {
    let why: string | null = "the disk is full";
    await using work = await openWork(await place(), { queue: { holdsChecks: async () => why } });
    const { check } = await work.store.requestCheck(aCheck());
    const [checks, deliveries] = [untilAborted(), untilAborted()];
    await work.queue.work(handlers({ check: checks.run, delivery: deliveries.run }), [SYSTEM]);
    const delivery = aDelivery();
    await work.store.acceptDelivery(delivery);

    await eventually(() => deliveries.seen.length === 1);
    expect(checks.seen).toEqual([]);
    const left = (await work.queue.jobs()).filter(({ queue }) => queue === `check-${SYSTEM}`);
    expect(left).toMatchObject([{ state: "waiting", jobs: 1 }]);
    why = null;
    await eventually(() => checks.seen.length === 1);
    expect(checks.seen).toEqual([check.id]);
  });

  it("gives a check only to workers of its system", async () => {
    await using work = await openWork(await place(), { queue: { systems: [SYSTEM, "aarch64-linux"] } });
    const [other, mine] = [untilAborted(), untilAborted()];
    const { check } = await work.store.requestCheck(aCheck({ number: 1, system: "aarch64-linux" }));
    const here = await work.store.requestCheck(aCheck({ number: 2 }));

    await work.queue.work(handlers({ check: mine.run }), [SYSTEM]);
    await eventually(() => mine.seen.length === 1);
    expect(mine.seen).toEqual([here.check.id]);

    await work.queue.work(handlers({ check: other.run }), ["aarch64-linux"]);
    await eventually(() => other.seen.length === 1);
    expect(other.seen).toEqual([check.id]);
  });

  it("queues a check once, and once more while it is at work", async () => {
    await using work = await openWork(await place());
    const { check } = await work.store.requestCheck(aCheck());

    await work.store.moveCheck(check.id, "queued");
    expect(await work.queue.depth()).toEqual({ [`check-${SYSTEM}`]: 1 });

    const held = untilAborted();
    await work.queue.work(handlers({ check: held.run }), [SYSTEM]);
    await eventually(() => held.seen.length === 1);
    for (const _ of [1, 2]) await work.store.moveCheck(check.id, "queued");
    expect(await work.queue.depth()).toMatchObject({ [`check-${SYSTEM}`]: 2 });
    expect(await work.queue.jobs()).toEqual([
      { queue: `check-${SYSTEM}`, state: "waiting", jobs: 1, oldestSeconds: expect.any(Number) },
      { queue: `check-${SYSTEM}`, state: "active", jobs: 1, oldestSeconds: expect.any(Number) },
    ]);
  });

  it.each([
    ["cancelling", (work: Work, id: string) => work.queue.cancelCheck(id)],
    ["cancelling it in the store", (work: Work, id: string) => work.store.moveCheck(id, "cancelled")],
    ["a new head", (work: Work) => work.store.requestCheck(aCheck({ headSha: "b".repeat(40) }))],
  ])("ends a check at work within seconds: %s", async (_how, end) => {
    await using work = await openWork(await place());
    const held = untilAborted();
    const { check } = await work.store.requestCheck(aCheck());
    await work.queue.work(handlers({ check: held.run }), [SYSTEM]);
    await eventually(() => held.seen.length === 1);

    const took = await seconds(async () => {
      await end(work, check.id);
      await eventually(() => held.aborted.includes(check.id));
    });

    expect(took).toBeLessThan(3);
    expect(work.errors).toEqual([]);
  });

  it("never starts a check that was superseded while it was queued", async () => {
    await using work = await openWork(await place());
    const held = untilAborted();
    await work.store.requestCheck(aCheck());
    const { check } = await work.store.requestCheck(aCheck({ headSha: "b".repeat(40) }));

    await work.queue.work(handlers({ check: held.run }), [SYSTEM]);

    await eventually(() => held.seen.length === 1);
    expect(held.seen).toEqual([check.id]);
    expect(await work.queue.depth()).toMatchObject({ [`check-${SYSTEM}`]: 1 });
  });

  it("tries again what may succeed later, and gives up at once what will not", async () => {
    await using work = await openWork(await place());
    const tries: string[] = [];
    const givenUp: string[] = [];
    const [away, wrong, odd] = [aDelivery(), aDelivery(), aDelivery()];
    for (const delivery of [away, wrong, odd]) await work.store.acceptDelivery(delivery);

    await work.queue.work(
      handlers({
        async delivery(guid) {
          tries.push(guid);
          if (tries.filter((tried) => tried === guid).length > 1) return;
          if (guid === away.guid)
            throw new EnvironmentError("away", "GitHub is away", "", { retryable: true });
          if (guid === wrong.guid) throw new UserError("wrong", "never works \0", "");
          throw new TypeError("unforeseen");
        },
        async gaveUp(what, id, reason) {
          givenUp.push(`${what} ${id}: ${reason}`);
        },
      }),
      [SYSTEM],
    );

    await eventually(async () => (await work.queue.depth())["delivery"] === undefined, 20_000);
    expect(tries.toSorted()).toEqual([away.guid, away.guid, wrong.guid, odd.guid, odd.guid].toSorted());
    expect(givenUp).toEqual([`delivery ${wrong.guid}: never works \uFFFD`]);
  });

  it("hands back what is at work when it drains, without a try spent", async () => {
    const where = await place();
    const first = await openWork(where);
    const held = untilAborted();
    const { check } = await first.store.requestCheck(aCheck());
    await first.queue.work(handlers({ check: held.run }), [SYSTEM]);
    await eventually(() => held.seen.length === 1);

    await first.queue.drain(100);
    await first.database[Symbol.asyncDispose]();
    expect(held.aborted).toEqual([check.id]);

    await using second = await openWork(where);
    expect(await second.queue.depth()).toMatchObject({ [`check-${SYSTEM}`]: 1 });
    const again = untilAborted();
    const took = await seconds(async () => {
      await second.queue.work(handlers({ check: again.run }), [SYSTEM]);
      await eventually(() => again.seen.length === 1);
    });
    expect(took).toBeLessThan(3);
  });

  it("lets what ends within the grace end when it drains", async () => {
    const work = await openWork(await place());
    let ended = false;
    await work.store.requestCheck(aCheck());
    let begun = false;
    await work.queue.work(
      handlers({
        async check() {
          begun = true;
          await new Promise((resolve) => setTimeout(resolve, 700));
          ended = true;
        },
      }),
      [SYSTEM],
    );
    await eventually(() => begun);

    await work.queue.drain(5_000);

    expect(ended).toBe(true);
    await work.database[Symbol.asyncDispose]();
  });

  it("reconciles at the start", async () => {
    await using work = await openWork(await place());
    let reconciled = 0;

    await work.queue.work(handlers({ reconcile: async () => void reconciled++ }), [SYSTEM]);

    await eventually(() => reconciled === 1);
  });

  it("goes on with what a killed process had, within a minute", async () => {
    const where = await place();
    const dying = workerProcess(where);
    await dying.says("working");
    // An embedded database is the worker's own, so what it works on was asked for before it started.
    if ("url" in where) {
      await using asking = await openWork(where);
      await asking.store.requestCheck(aCheck());
      await asking.store.acceptDelivery(aDelivery());
    } else {
      await dying.kill();
      const asking = await openWork(where);
      await asking.store.requestCheck(aCheck());
      await asking.store.acceptDelivery(aDelivery());
      await asking[Symbol.asyncDispose]();
    }
    const second = "url" in where ? dying : workerProcess(where);
    await second.says("check");
    await second.says("delivery");
    await second.kill();

    const checks: string[] = [];
    const deliveries: string[] = [];
    let work: Work | undefined;
    const took = await seconds(async () => {
      const opened = await openWork(where);
      work = opened;
      await opened.queue.work(
        handlers({
          delivery: async (guid) => void deliveries.push(guid),
          async check(id) {
            while (!(await opened.store.heartbeat(id, "me")))
              await new Promise((again) => setTimeout(again, 1000));
            expect(await opened.store.readStage(id, "evaluate")).toEqual({ by: "the one that died" });
            await opened.store.moveCheck(id, "done");
            checks.push(id);
          },
        }),
        [SYSTEM],
      );
      await eventually(() => checks.length === 1 && deliveries.length === 1, 90_000);
    });

    expect(took).toBeLessThan(name === "embedded" ? 10 : 60);
    expect(await work?.store.activeChecks()).toEqual([]);
    await work?.[Symbol.asyncDispose]();
  });

  it("accepts deliveries as fast with ten thousand checks queued", async () => {
    await using work = await openWork(await place());
    const accept = async () => {
      const times: number[] = [];
      for (let count = 0; count < 200; count++)
        times.push(await seconds(() => work.store.acceptDelivery(aDelivery())));
      return times.toSorted((a, b) => a - b)[100] ?? 0;
    };
    await accept();
    const before = await accept();

    await work.database.access.transaction(async (tx) => {
      await tx.executeSql(`insert into repositories values (1, 1, 'octo', 'kernels')`);
      await tx.executeSql(
        `insert into checks (id, repository_id, number, head_sha, scope, system, approved)
         select gen_random_uuid(), 1, n, repeat('a', 40), '{"kind":"everything"}', '${SYSTEM}', false
         from generate_series(1, 10000) n`,
      );
      const { rows } = await tx.executeSql("select id from checks");
      for (const { id } of rows as { id: string }[]) await work.queue.outbox.check(id, SYSTEM, tx);
    });
    expect((await work.queue.depth())[`check-${SYSTEM}`]).toBe(10_000);

    expect(await accept()).toBeLessThan(Math.max(before * 3, 0.02));
  });
});

describe("workers that share PostgreSQL", () => {
  const place = postgres?.place ?? (() => Promise.reject(new Error("no PostgreSQL")));

  it("never take the same job, and share the work", async () => {
    const where = await place();
    await using one = await openWork(where);
    await using two = await openWork(where);
    const taken: string[] = [];
    const by = { one: 0, two: 0 };
    const ids: string[] = [];
    for (let number = 1; number <= 30; number++)
      ids.push((await one.store.requestCheck(aCheck({ number }))).check.id);
    const working = (who: "one" | "two") =>
      handlers({
        async check(id) {
          taken.push(id);
          by[who]++;
          await new Promise((resolve) => setTimeout(resolve, 50));
        },
      });

    await one.queue.work(working("one"), [SYSTEM]);
    await two.queue.work(working("two"), [SYSTEM]);

    await eventually(() => taken.length >= 30, 20_000);
    expect(taken.toSorted()).toEqual(ids.toSorted());
    expect(Math.min(by.one, by.two)).toBeGreaterThan(5);
  });

  it("hear of a check that another process cancels", async () => {
    const where = await place();
    await using one = await openWork(where);
    await using two = await openWork(where);
    const held = untilAborted();
    const { check } = await one.store.requestCheck(aCheck());
    await one.queue.work(handlers({ check: held.run }), [SYSTEM]);
    await eventually(() => held.seen.length === 1);

    await two.queue.cancelCheck(check.id);

    await eventually(() => held.aborted.length === 1, 3_000);
  });
});
