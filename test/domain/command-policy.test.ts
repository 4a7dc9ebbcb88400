import { describe, expect, it } from "vitest";
import { defaultConfig, parseConfig } from "../../src/config/config.ts";
import { decideCommand, mayBuild } from "../../src/domain/command-policy.ts";
import type { CommandKind } from "../../src/domain/commands.ts";
import { COMMANDS } from "../../src/domain/parse-commands.ts";
import type { Permission } from "../../src/domain/pull-request.ts";

const PERMISSIONS: readonly Permission[] = ["none", "read", "triage", "write", "maintain", "admin"];

function whoMay(kind: CommandKind, config = defaultConfig()): string {
  return PERMISSIONS.filter((permission) => decideCommand(kind, permission, config.commands).allowed).join(
    " ",
  );
}

describe("who may by default", () => {
  it.each<[CommandKind, string]>([
    ["help", "none read triage write maintain admin"],
    ["status", "none read triage write maintain admin"],
    ["check", "read triage write maintain admin"],
    ["rebuilds", "read triage write maintain admin"],
    ["build", "triage write maintain admin"],
    ["test", "triage write maintain admin"],
    ["consumers", "triage write maintain admin"],
    ["cancel", "write maintain admin"],
    ["approve", "write maintain admin"],
  ])("%s: %s", (kind, who) => {
    expect(whoMay(kind)).toBe(who);
  });

  it("lists every command", () => {
    expect(COMMANDS).toHaveLength(9);
  });
});

describe("who may by configuration", () => {
  it.each([
    ["check", "admin", "admin"],
    ["check", "write", "write maintain admin"],
    ["cancel", "read", "read triage write maintain admin"],
    ["approve", "maintain", "maintain admin"],
  ] as const)("%s: %s means %s", (kind, permission, who) => {
    const { config } = parseConfig(`commands: { ${kind}: ${permission} }`, "modprobot.yml");

    expect(whoMay(kind, config)).toBe(who);
  });

  it("opens approving to nobody without write access", () => {
    expect(() => parseConfig("commands: { approve: read }", "modprobot.yml")).toThrow("mistake");
    const opened = { ...defaultConfig().commands, approve: "read" as const };

    expect(decideCommand("approve", "triage", opened)).toEqual({ allowed: false, needs: "write" });
  });
});

describe("which commands approve a head", () => {
  it.each<[CommandKind, boolean]>([
    ["check", true],
    ["build", true],
    ["test", true],
    ["consumers", true],
    ["approve", true],
    ["rebuilds", false],
    ["status", false],
    ["cancel", false],
    ["help", false],
  ])("%s by somebody who can write: %s", (kind, approves) => {
    const { commands } = defaultConfig();

    expect(decideCommand(kind, "write", commands)).toEqual({ allowed: true, approves });
  });

  it("none by somebody who cannot", () => {
    const { commands } = defaultConfig();
    const approving = COMMANDS.map((kind) => decideCommand(kind, "triage", commands)).filter(
      (decision) => decision.allowed && decision.approves,
    );

    expect(approving).toEqual([]);
  });
});

describe("whose heads are built", () => {
  it.each([
    { policy: "collaborators", author: "none", headApproved: false, builds: false },
    { policy: "collaborators", author: "read", headApproved: false, builds: false },
    { policy: "collaborators", author: "triage", headApproved: false, builds: false },
    { policy: "collaborators", author: "write", headApproved: false, builds: true },
    { policy: "collaborators", author: "none", headApproved: true, builds: true },
    { policy: "everyone", author: "none", headApproved: false, builds: true },
  ] as const)("$policy, author $author, approved $headApproved: $builds", ({ builds, ...trust }) => {
    expect(mayBuild(trust)).toBe(builds);
  });
});
