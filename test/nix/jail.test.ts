import { describe, expect, it } from "vitest";
import { type Jail, jailArguments } from "../../src/nix/jail.ts";

const jail: Jail = {
  host: [
    { kind: "read-only", from: "/usr", to: "/usr" },
    { kind: "link", target: "usr/bin", to: "/bin" },
  ],
  checkout: [{ kind: "read-only", from: "/w/--option", to: "/src/--option" }],
  storeRoot: "/data/store",
  writer: "server",
  prlimit: "/usr/bin/prlimit",
  nixInstantiate: "/usr/bin/nix-instantiate",
  system: "x86_64-linux",
  memoryBytes: 1_000,
  cpuSeconds: 7,
};
const args = jailArguments(jail);
const joined = args.join(" ");

const writable = (all: string[]) =>
  all.flatMap((arg, at) => (arg === "--bind" ? [all.slice(at + 1, at + 3)] : []));

describe("the jail", () => {
  it.each([
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--cap-drop ALL",
    "--remount-ro /",
  ])("has %s", (part) => {
    expect(joined).toContain(part);
  });

  it("never shares the network, and never mounts /proc or a host directory but those given", () => {
    expect(joined).not.toMatch(/--share-net|--proc|--dev-bind|--ro-bind \/ /);
    expect(args.filter((arg) => arg.startsWith("/proc"))).toEqual(["/proc/self/exe"]);
  });

  it("has nothing that can be written, unless Nix itself writes the store", () => {
    expect(writable(args)).toEqual([]);
    expect(writable(jailArguments({ ...jail, writer: "nix" }))).toEqual([["/data/store", "/eval"]]);
  });

  it("has one place for a cache, where whatever asks for a store path goes in circles", () => {
    const cached = jailArguments({ ...jail, writer: "cache", cache: "/memory/run" });

    expect(writable(cached)).toEqual([["/memory/run", "/cache"]]);
    expect(cached.join(" ")).toContain("--symlink /nix/store /nix/store ");
    expect(joined).not.toContain("/nix/store");
  });

  it("limits memory, time and files before Nix starts", () => {
    const limit = args.indexOf("/usr/bin/prlimit");
    expect(args.slice(limit, limit + 3)).toEqual(["/usr/bin/prlimit", "--as=1000", "--cpu=7"]);
    expect(args.lastIndexOf("/usr/bin/nix-instantiate")).toBeGreaterThan(limit);
  });

  it.each([
    ["restrict-eval", "true"],
    ["allow-import-from-derivation", "false"],
    ["experimental-features", ""],
    ["substituters", ""],
  ])("tells Nix %s = %j", (name, value) => {
    const at = args.indexOf(name);
    expect([args[at - 1], args[at + 1]]).toEqual(["--option", value]);
  });
});
