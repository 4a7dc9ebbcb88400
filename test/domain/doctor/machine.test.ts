import { describe, expect, it } from "vitest";
import { type DatabaseLook, judgeDatabase } from "../../../src/domain/doctor/database.ts";
import { worstOf } from "../../../src/domain/doctor/diagnosis.ts";
import { type DiskRoom, judgeDisk, judgeGit, judgeKvm } from "../../../src/domain/doctor/machine.ts";
import { judgeGarbage, judgeRights, type NixSetUp } from "../../../src/domain/doctor/nix.ts";

const GIB = 2 ** 30;

const NIX: NixSetUp = {
  access: "daemon",
  user: "modprobot",
  groups: ["modprobot", "kvm"],
  isRoot: false,
  trustedUsers: ["root"],
  trustedSays: undefined,
  minFree: 20 * GIB,
  maxFree: 50 * GIB,
};

describe("rights", () => {
  it.each([
    ["nobody's daemon trusts", {}, "green"],
    ["trusted by name", { trustedUsers: ["root", "modprobot"] }, "yellow"],
    ["trusted by group", { trustedUsers: ["@kvm"] }, "yellow"],
    ["trusted with everybody", { trustedUsers: ["*"] }, "yellow"],
    ["of a group with the same name as a user", { trustedUsers: ["@root", "kvm"] }, "green"],
    ["trusted, says the daemon", { trustedSays: true }, "yellow"],
    [
      "not trusted, says the daemon, whatever our settings say",
      { trustedSays: false, trustedUsers: ["*"] },
      "green",
    ],
    ["with a store of its own", { access: "own-store" }, "yellow"],
    ["root", { access: "own-store", isRoot: true }, "yellow"],
    ["root behind a daemon", { isRoot: true, trustedSays: true }, "yellow"],
  ] as const)("a user %s", (_, facts, light) => {
    expect(judgeRights({ ...NIX, ...facts }).light).toBe(light);
  });
});

describe("garbage", () => {
  it.each([
    [{}, "green", "below 20 GiB free Nix makes room, until 50 GiB are free"],
    [{ minFree: 0 }, "yellow", "min-free = 0"],
    [{ maxFree: 20 * GIB }, "yellow", "max-free 20 GiB"],
    [{ maxFree: 2 ** 64 }, "green", "until nothing unused is left"],
  ] as const)("%j", (facts, light, words) => {
    const { light: seenLight, seen } = judgeGarbage({ ...NIX, ...facts });
    expect([seenLight, seen.includes(words)]).toEqual([light, true]);
  });
});

describe("disk", () => {
  const ROOM: DiskRoom = { directory: "/data", freeBytes: 100 * GIB, writable: true, freeInodes: 10_000_000 };
  it.each([
    [{}, "green"],
    [{ freeBytes: 30 * GIB }, "green"],
    [{ freeBytes: 30 * GIB - 1 }, "yellow"],
    [{ freeBytes: 2 * GIB }, "yellow"],
    [{ freeBytes: 2 * GIB - 1 }, "red"],
    [{ writable: false }, "red"],
    [{ freeInodes: 100_000 }, "green"],
    [{ freeInodes: 99_999 }, "red"],
    [{ freeInodes: undefined }, "green"],
  ] as const)("%j is %s", (facts, light) => {
    expect(judgeDisk({ ...ROOM, ...facts }, "make room").light).toBe(light);
  });
});

describe("programs", () => {
  it.each([
    ["git version 2.39.5", "green"],
    ["git version 2.32.0", "green"],
    ["git version 2.31.9", "red"],
    ["git version 1.9.0", "red"],
    ["git version 3.0", "green"],
    ["hg 4", "yellow"],
  ])("%s is %s", (line, light) => {
    expect(judgeGit(line).light).toBe(light);
  });

  it("is slow without KVM, and works", () => {
    expect(judgeKvm({ kind: "absent", why: "there is no /dev/kvm" }).light).toBe("yellow");
    expect(judgeKvm({ kind: "hangs", why: "nothing after 10 s" }).light).toBe("yellow");
    expect(judgeKvm({ kind: "boots", seconds: 0.24 })).toEqual({
      light: "green",
      seen: "a guest ran and stopped with KVM in 0.2 s",
    });
  });
});

describe("database", () => {
  const OPEN: Extract<DatabaseLook, { kind: "open" }> = {
    kind: "open",
    name: "PostgreSQL 15.5",
    versionNumber: 150_005,
    readOnly: false,
    applied: ["0001-initial", "0002-more"],
    known: ["0001-initial", "0002-more"],
  };
  it.each([
    ["at the newest schema", OPEN, "green"],
    ["empty", { ...OPEN, applied: [] }, "green"],
    ["to be migrated", { ...OPEN, applied: ["0001-initial"] }, "yellow"],
    ["of a newer modprobot", { ...OPEN, applied: [...OPEN.applied, "0003-later"] }, "red"],
    ["to be read only", { ...OPEN, readOnly: true }, "red"],
    ["too old", { ...OPEN, versionNumber: 129_999 }, "red"],
    ["just new enough", { ...OPEN, versionNumber: 130_000 }, "green"],
    ["not there yet", { kind: "absent", directory: "/d" }, "green"],
    ["in use by a server", { kind: "in-use", directory: "/d" }, "not-checked"],
    ["somebody else's", { kind: "foreign", directory: "/d" }, "not-checked"],
  ] as const)("%s", (_, look, light) => {
    expect(judgeDatabase(look).light).toBe(light);
  });
});

it("is as bad as the worst, and what was not looked at is not well", () => {
  expect(worstOf([])).toBe("green");
  expect(worstOf(["green", "not-checked"])).toBe("not-checked");
  expect(worstOf(["not-checked", "yellow", "green"])).toBe("yellow");
  expect(worstOf(["yellow", "red", "not-checked"])).toBe("red");
});
