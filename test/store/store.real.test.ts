import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckScope } from "../../src/domain/check-record.ts";
import { type Database, type DatabasePlace, openDatabase } from "../../src/store/database.ts";
import { createStore, type Store } from "../../src/store/store.ts";
import { databases } from "../harness/databases.ts";
import { temporaryDirectory } from "../harness/modprobot.ts";
import { foundingCase, hostile } from "../harness/results.ts";
import { aCheck, aDelivery, recordingOutbox, SYSTEM } from "../harness/work.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const files = temporaryDirectory();

describe.each(databases())("the store on $name", ({ place }) => {
  let where: DatabasePlace;
  let database: Database;
  let outbox: ReturnType<typeof recordingOutbox>;
  let store: Store;

  beforeAll(async () => {
    where = await place();
    database = await openDatabase(where);
  });
  afterAll(() => database[Symbol.asyncDispose]());
  beforeEach(async () => {
    await sql`truncate deliveries, repositories, comments, commands, approvals, workers cascade`.execute(
      database.kysely,
    );
    outbox = recordingOutbox();
    store = createStore(database, outbox, { system: SYSTEM, leaseSeconds: 1 });
  });

  /** Moves what a table says of the past further into it. */
  const age = async (table: string, column: string, days: number) => {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${NOW}::timestamptz - interval '1 day' * ${days}::float8`.execute(
      database.kysely,
    );
  };

  describe("deliveries", () => {
    it("accepts one once, enqueues it once, and gives it back as it came", async () => {
      const delivery = aDelivery({ payload: { text: "NUL \0, half a pair \ud800, ünïcode 🐧" } });

      expect(await store.acceptDelivery(delivery)).toBe("accepted");
      expect(await store.acceptDelivery(delivery)).toBe("duplicate");

      expect(outbox.sent).toEqual([`delivery ${delivery.guid}`]);
      expect(await store.readDelivery(delivery.guid)).toEqual(delivery);
      expect(await store.readDelivery("unknown")).toBeUndefined();
    });

    it("refuses a known body under another GUID, and a known GUID with another body", async () => {
      const delivery = aDelivery();
      await store.acceptDelivery(delivery);

      expect(await store.acceptDelivery({ ...delivery, guid: "another" })).toBe("duplicate");
      expect(await store.acceptDelivery({ ...delivery, bodySha256: "f".repeat(64) })).toBe("duplicate");
    });

    it("accepts one of twenty at once", async () => {
      const delivery = aDelivery();

      const answers = await Promise.all(Array.from({ length: 20 }, () => store.acceptDelivery(delivery)));

      expect(answers.filter((answer) => answer === "accepted")).toHaveLength(1);
      expect(outbox.sent).toHaveLength(1);
    });

    it.each([
      ["all of them can be stored", []],
      ["one of them cannot be", [aDelivery({ guid: "NUL \0" })]],
    ])("tells those apart that come together where %s", async (_which, impossible) => {
      const [alone, one, two, three] = [aDelivery(), aDelivery(), aDelivery(), aDelivery()];
      const together = [
        // The first is stored at once, and the others meanwhile become a batch.
        alone,
        one,
        { ...one },
        two,
        { ...two, guid: "another" },
        { ...one, bodySha256: "e".repeat(64) },
        three,
      ];

      const answers = await Promise.allSettled([...together, ...impossible].map(store.acceptDelivery));

      expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : "refused"))).toEqual([
        ...["accepted", "accepted", "duplicate", "accepted", "duplicate", "duplicate", "accepted"],
        ...impossible.map(() => "refused"),
      ]);
      expect(outbox.sent.toSorted()).toEqual(
        [alone, one, two, three].map(({ guid }) => `delivery ${guid}`).toSorted(),
      );
    });

    it("stores nothing where it cannot be enqueued", async () => {
      const failing = createStore(
        database,
        { ...outbox, deliveries: () => Promise.reject(new Error("no queue")) },
        { system: SYSTEM },
      );
      const delivery = aDelivery();

      await expect(failing.acceptDelivery(delivery)).rejects.toThrow("no queue");

      expect(await store.acceptDelivery(delivery)).toBe("accepted");
    });

    it("remembers for seven days, also before anything was pruned", async () => {
      const delivery = aDelivery();
      await store.acceptDelivery(delivery);
      await store.finishDelivery(delivery.guid, "handled");

      await sql`update deliveries set received_at = now() - interval '6 days 23 hours'`.execute(
        database.kysely,
      );
      expect(await store.acceptDelivery(delivery)).toBe("duplicate");

      await sql`update deliveries set received_at = now() - interval '7 days 1 minute'`.execute(
        database.kysely,
      );
      expect(await store.acceptDelivery(delivery)).toBe("accepted");
    });
  });

  describe("requesting a check", () => {
    it("creates and enqueues it", async () => {
      const { check, created, superseded } = await store.requestCheck(aCheck());

      expect({ created, superseded }).toEqual({ created: true, superseded: [] });
      expect(check).toMatchObject({ ...aCheck(), state: "queued", worker: null, result: null, stage: null });
      expect(outbox.sent).toEqual([`check ${check.id} for ${SYSTEM}`]);
      expect(await store.readCheck(check.id)).toEqual(check);
      expect(await store.latestCheck(check.repositoryId, check.number)).toEqual(check);
      expect(await store.activeChecks()).toEqual([check]);
    });

    it("takes the same head and scope as the same check, however the scope is written", async () => {
      const first = await store.requestCheck(aCheck({ scope: { kind: "rebuilds", why: ["linux"] } }));

      const again = await store.requestCheck(aCheck({ scope: { why: ["linux"], kind: "rebuilds" } }));

      expect(again).toEqual({ check: first.check, created: false, superseded: [] });
      expect(outbox.sent).toHaveLength(1);
    });

    it.each([
      ["another head", { headSha: "b".repeat(40) }, "the head moved to bbbbbbbbbbbb"],
      ["another scope", { scope: { kind: "rebuilds" } satisfies CheckScope }, "something else was asked for"],
    ])("supersedes for %s, and ends the old job", async (_what, change, reason) => {
      const first = await store.requestCheck(aCheck());

      const second = await store.requestCheck(aCheck(change));

      expect(second.superseded).toEqual([await store.readCheck(first.check.id)]);
      expect(second.superseded[0]).toMatchObject({
        state: "superseded",
        reason,
        finishedAt: expect.any(Date),
      });
      expect(outbox.sent.slice(1)).toEqual([
        `cancel ${first.check.id}`,
        `check ${second.check.id} for ${SYSTEM}`,
      ]);
      expect(await store.activeChecks()).toEqual([second.check]);
    });

    it("leaves other pull requests and other repositories alone", async () => {
      await store.requestCheck(aCheck());

      const others = [
        await store.requestCheck(aCheck({ number: 8 })),
        await store.requestCheck(aCheck({ repositoryId: 6, name: "other" })),
      ];

      expect(others.map(({ superseded }) => superseded)).toEqual([[], []]);
      expect(await store.activeChecks()).toHaveLength(3);
    });

    it("gives one check to twenty who ask at once, and one active check to twenty heads", async () => {
      const same = await Promise.all(Array.from({ length: 20 }, () => store.requestCheck(aCheck())));
      expect(same.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(same.map(({ check }) => check.id)).size).toBe(1);

      const heads = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(40, "0"));
      const moved = await Promise.all(heads.map((headSha) => store.requestCheck(aCheck({ headSha }))));
      expect(moved.every(({ created }) => created)).toBe(true);
      expect(await store.activeChecks()).toHaveLength(1);
    });

    it("knows a request again by its key, also after its check has ended", async () => {
      const first = await store.requestCheck(aCheck({ requestKey: "guid 1" }));
      const joined = await store.requestCheck(aCheck({ requestKey: "guid 2" }));
      await store.moveCheck(first.check.id, "done");

      for (const requestKey of ["guid 1", "guid 2"])
        expect(await store.requestCheck(aCheck({ requestKey }))).toMatchObject({
          check: { id: first.check.id },
          created: false,
          superseded: [],
        });
      expect(joined.created).toBe(false);
      expect((await store.requestCheck(aCheck({ requestKey: "guid 3" }))).created).toBe(true);
    });

    it("never loses an approval: a waiting check goes on", async () => {
      const { check } = await store.requestCheck(aCheck());
      await store.moveCheck(check.id, "waiting", "for an approval");

      const again = await store.requestCheck(aCheck({ approved: true }));

      expect(again).toMatchObject({
        created: false,
        check: { id: check.id, state: "queued", approved: true },
      });
      expect(outbox.sent).toHaveLength(2);
    });

    it("follows a repository that is renamed", async () => {
      const { check } = await store.requestCheck(aCheck());

      await store.requestCheck(aCheck({ number: 8, owner: "new", name: "home", installationId: 12 }));

      expect(await store.readCheck(check.id)).toMatchObject({
        owner: "new",
        name: "home",
        installationId: 12,
      });
    });

    it("knows since when a head is the head", async () => {
      const { check } = await store.requestCheck(aCheck());
      await store.moveCheck(check.id, "done");
      await store.requestCheck(aCheck());

      expect(await store.headSeenAt(check.repositoryId, check.number, check.headSha)).toEqual(
        check.createdAt,
      );
      expect(await store.headSeenAt(check.repositoryId, check.number, "b".repeat(40))).toBeNull();
    });
  });

  describe("states", () => {
    it.each(["done", "cancelled", "superseded", "failed"] as const)("%s is left by nobody", async (state) => {
      const { check } = await store.requestCheck(aCheck());

      expect(await store.moveCheck(check.id, state, "why \0 not")).toBe(true);
      expect(await store.moveCheck(check.id, "running")).toBe(false);
      expect(await store.moveCheck(check.id, "done")).toBe(false);

      expect(await store.readCheck(check.id)).toMatchObject({
        state,
        reason: "why \uFFFD not",
        finishedAt: expect.any(Date),
      });
    });

    it("lets one of twenty end a check", async () => {
      const { check } = await store.requestCheck(aCheck());

      const ended = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.moveCheck(check.id, index % 2 ? "done" : "cancelled")),
      );

      expect(ended.filter(Boolean)).toHaveLength(1);
    });

    it("enqueues what goes back to queued, and ends the job of what is cancelled", async () => {
      const { check } = await store.requestCheck(aCheck());
      outbox.sent.length = 0;

      await store.moveCheck(check.id, "running");
      await store.moveCheck(check.id, "queued");
      await store.moveCheck(check.id, "cancelled");

      expect(outbox.sent).toEqual([`check ${check.id} for ${SYSTEM}`, `cancel ${check.id}`]);
    });

    it("owes GitHub the end of a check until it is told", async () => {
      const { check } = await store.requestCheck(aCheck());
      expect(await store.owingChecks()).toEqual([]);

      await store.moveCheck(check.id, "waiting");
      expect(await store.owingChecks()).toMatchObject([{ id: check.id, state: "waiting" }]);
      await store.markTold(check.id);
      expect(await store.owingChecks()).toEqual([]);
      await store.requestCheck(aCheck({ headSha: "b".repeat(40) }));
      expect(await store.owingChecks()).toMatchObject([{ id: check.id, state: "superseded" }]);
    });

    it("knows no check by an id that is none", async () => {
      for (const id of ["", "nonsense", "' or 1=1", "00000000-0000-0000-0000-000000000000"]) {
        expect(await store.readCheck(id)).toBeUndefined();
        expect(await store.report(id)).toBeUndefined();
        expect(await store.readStage(id, "build")).toBeUndefined();
      }
    });
  });

  describe("leases", () => {
    it("are held by one worker, until given back, silent or final", async () => {
      const { check } = await store.requestCheck(aCheck());

      expect(await store.heartbeat(check.id, "one")).toBe(true);
      expect(await store.heartbeat(check.id, "one")).toBe(true);
      expect(await store.heartbeat(check.id, "two")).toBe(false);
      await store.release(check.id, "two");
      expect(await store.heartbeat(check.id, "two")).toBe(false);

      await store.release(check.id, "one");
      expect(await store.heartbeat(check.id, "two")).toBe(true);

      await sql`update checks set heartbeat_at = clock_timestamp() - interval '1.1 seconds'`.execute(
        database.kysely,
      );
      expect(await store.heartbeat(check.id, "one")).toBe(true);
      expect(await store.heartbeat(check.id, "two")).toBe(false);

      await store.moveCheck(check.id, "done");
      expect(await store.heartbeat(check.id, "one")).toBe(false);
    });

    it("go to one of twenty who want it at once", async () => {
      const { check } = await store.requestCheck(aCheck());

      const got = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.heartbeat(check.id, `worker ${index}`)),
      );

      expect(got.filter(Boolean)).toHaveLength(1);
    });
  });

  describe("workers", () => {
    const silentFor = (seconds: number) =>
      sql`update workers set seen_at = clock_timestamp() - make_interval(secs => ${seconds}::float8)`.execute(
        database.kysely,
      );

    it("a queued check waits for one of its system, until one is heard of", async () => {
      const { check } = await store.requestCheck(aCheck({ system: "riscv64-linux" }));
      await store.announce("worker-1", [SYSTEM]);
      expect(await store.missingWorker(check.id)).toBe("riscv64-linux");
      expect(await store.unservedSystems()).toEqual([{ system: "riscv64-linux", checks: 1 }]);

      await store.announce("worker-2", [SYSTEM, "riscv64-linux"]);
      expect(await store.missingWorker(check.id)).toBeNull();
      expect(await store.unservedSystems()).toEqual([]);
    });

    it("are gone after a minute and a half of silence", async () => {
      const { check } = await store.requestCheck(aCheck());
      await store.announce("worker-1", [SYSTEM]);
      await silentFor(80);
      expect(await store.missingWorker(check.id)).toBeNull();

      await silentFor(100);
      expect(await store.missingWorker(check.id)).toBe(SYSTEM);

      await store.announce("worker-1", [SYSTEM]);
      expect(await store.missingWorker(check.id)).toBeNull();
    });

    it("are not waited for by a check that one has taken", async () => {
      const { check } = await store.requestCheck(aCheck());
      await store.moveCheck(check.id, "running");

      expect(await store.missingWorker(check.id)).toBeNull();
    });
  });

  describe("results", () => {
    it.each([
      ["the founding case", foundingCase()],
      ["a hostile one", hostile()],
    ])("of %s come back as they were, with findings as rows", async (_what, result) => {
      const { check } = await store.requestCheck(aCheck());
      await store.saveStage(check.id, "evaluate", { kept: "value \0 \ud800" });

      for (const _ of [1, 2])
        await store.updateCheck(check.id, { result, stage: "report", checkRunId: 6e9, conflict: true });

      expect(await store.report(check.id)).toMatchObject({
        check: { stage: "report", checkRunId: 6e9, conflict: true },
        result,
      });
      const { rows } = await sql<{
        findings: number;
      }>`select count(*)::int as findings from findings`.execute(database.kysely);
      expect(rows[0]?.findings).toBe(result.findings.length);
      expect(await store.readStage(check.id, "evaluate")).toEqual({ kept: "value \0 \ud800" });
    });

    it("of stages are there after a crash, the last one counts", async () => {
      const { check } = await store.requestCheck(aCheck());
      expect(await store.readStage(check.id, "build")).toBeUndefined();

      await store.saveStage(check.id, "build", { first: true });
      await store.saveStage(check.id, "build", [2]);

      await database[Symbol.asyncDispose]();
      database = await openDatabase(where);
      expect(await createStore(database, outbox, { system: SYSTEM }).readStage(check.id, "build")).toEqual([
        2,
      ]);
    });
  });

  it("remembers comments, commands and approvals", async () => {
    expect(await store.commentId(1, 7)).toBeNull();
    await store.rememberComment(1, 7, 5_000_000_001);
    await store.rememberComment(1, 7, 5_000_000_002);
    expect(await store.commentId(1, 7)).toBe(5_000_000_002);

    expect(await store.claimCommand(1, 99, "guid 1")).toBe(true);
    expect(await store.claimCommand(1, 99, "guid 2")).toBe(false);
    expect(await store.claimCommand(1, 99, "guid 1")).toBe(true);
    expect(await store.claimCommand(2, 99, "guid 2")).toBe(true);

    await store.approve(1, 7, "a".repeat(40), "ada");
    await store.approve(1, 7, "a".repeat(40), "bob");
    expect(await store.isApproved(1, 7, "a".repeat(40))).toBe(true);
    expect(await store.isApproved(1, 7, "b".repeat(40))).toBe(false);
  });

  it("counts use per pull request, person and repository", async () => {
    const since = new Date(Date.now() - 60_000);
    await store.requestCheck(aCheck());
    await store.requestCheck(aCheck({ headSha: "b".repeat(40), requestedBy: "Bob" }));
    await store.requestCheck(aCheck({ number: 8, requestedBy: "bob" }));
    await store.requestCheck(aCheck({ repositoryId: 6, requestedBy: "bob" }));

    const query = { repositoryId: aCheck().repositoryId, number: 7, login: "BOB", since };
    expect(await store.usage(query)).toEqual({ pullRequest: 2, person: 2, repository: 3 });
    expect(await store.usage({ ...query, login: null })).toEqual({
      pullRequest: 2,
      person: 0,
      repository: 3,
    });
    expect(await store.usage({ ...query, since: new Date(Date.now() + 60_000) })).toMatchObject({
      repository: 0,
    });
  });

  describe("forgets", () => {
    it("deliveries after 7 days, but none that is not finished", async () => {
      const [finished, open] = [aDelivery(), aDelivery()];
      await store.acceptDelivery(finished);
      await store.acceptDelivery(open);
      await store.finishDelivery(finished.guid, "handled");

      await age("deliveries", "received_at", 6.9);
      await store.prune(NOW);
      expect(await store.readDelivery(finished.guid)).toBeDefined();

      await age("deliveries", "received_at", 7.1);
      await store.prune(NOW);
      expect(await store.readDelivery(finished.guid)).toBeUndefined();
      expect(await store.readDelivery(open.guid)).toBeDefined();
    });

    it("checks after 90 days with all that belongs to them, but none that is active", async () => {
      const { check } = await store.requestCheck(aCheck({ requestKey: "key" }));
      const active = await store.requestCheck(aCheck({ number: 8 }));
      await store.updateCheck(check.id, { result: foundingCase() });
      await store.saveStage(check.id, "build", 1);
      await store.moveCheck(check.id, "done");

      await age("checks", "created_at", 89.9);
      await store.prune(NOW);
      expect(await store.readCheck(check.id)).toBeDefined();

      await age("checks", "created_at", 90.1);
      await store.prune(NOW);
      expect(await store.readCheck(check.id)).toBeUndefined();
      expect(await store.readCheck(active.check.id)).toBeDefined();
    });

    it("logs after 30 days, files and all, before their check", async () => {
      const { check } = await store.requestCheck(aCheck());
      const log = join(files, `${check.id}.log`);
      writeFileSync(log, "text");
      await store.recordLog(check.id, { name: "build", path: log, bytes: 4 });

      await age("logs", "created_at", 29.9);
      await store.prune(NOW);
      expect(await store.logs(check.id)).toEqual([{ name: "build", path: log, bytes: 4 }]);

      await age("logs", "created_at", 30.1);
      await store.prune(NOW);
      expect(await store.logs(check.id)).toEqual([]);
      expect(existsSync(log)).toBe(false);
      expect(await store.readCheck(check.id)).toBeDefined();
    });
  });
});
