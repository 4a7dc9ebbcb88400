import { describe, expect, it } from "vitest";
import { ADVISORIES } from "../../../src/domain/doctor/nix-advisories.ts";
import { judgeNixVersion, parseNixVersion } from "../../../src/domain/doctor/nix-version.ts";

/** The ids named, and the light. */
function judged(line: string): [string, ...string[]] {
  const { light, seen } = judgeNixVersion(line, false);
  return [light, ...ADVISORIES.map(({ id }) => id).filter((id) => seen.includes(`${id} lets`))];
}

const C27297 = "CVE-2024-27297";
const C45593 = "CVE-2024-45593";
const C46415 = "CVE-2025-46415";
const C39860 = "CVE-2026-39860";
const C44028 = "CVE-2026-44028";

describe("releases of Nix", () => {
  it.each([
    // Lines that ended before there was a fix.
    ["2.8.0", "red", C27297, C46415],
    ["2.17.1", "red", C27297, C46415],
    ["2.27.1", "red", C46415, C39860, C44028],
    // Both sides of each fix, in a line that got it.
    ["2.18.1", "red", C27297, C46415],
    ["2.18.2", "red", C46415, C39860],
    ["2.20.4", "red", C27297, C46415],
    ["2.20.5", "red", C46415, C39860],
    ["2.21.0", "red", C46415, C39860],
    ["2.24.3", "red", C45593, C46415, C39860],
    ["2.24.5", "red", C45593, C46415, C39860, C44028],
    ["2.24.6", "red", C46415, C39860, C44028],
    ["2.24.15", "red", C39860, C44028],
    ["2.26.3", "red", C46415, C39860, C44028],
    ["2.26.4", "red", C39860, C44028],
    ["2.28.5", "red", C39860, C44028],
    ["2.28.6", "red", C44028],
    ["2.28.7", "green"],
    ["2.29.4", "green"],
    ["2.30.0", "red", C39860, C44028],
    ["2.30.5", "green"],
    ["2.34.4", "red", C39860, C44028],
    ["2.34.6", "red", C44028],
    ["2.34.7", "green"],
    ["2.34.12", "green"],
    // Newer than everything listed.
    ["2.35.0", "green"],
    ["3.0.0", "green"],
  ])("%s: %s %s %s %s %s", (version, light, ...ids) => {
    expect(judged(`nix-instantiate (Nix) ${version}`)).toEqual([
      light,
      ...ids.filter((id) => id !== undefined),
    ]);
  });

  it.each(["2.34.0pre20260101_0123abc", "2.34pre"])("%s counts as what it became", (version) => {
    expect(judged(`nix (Nix) ${version}`)).toEqual(["red", C39860, C44028]);
  });
});

describe("releases of Lix", () => {
  it.each([
    ["2.90.0", "red", C46415],
    ["2.91.1", "red", C46415],
    ["2.91.2", "green"],
    ["2.92.3", "green"],
    ["2.93.0", "red", C46415, C44028],
    ["2.93.3", "red", C44028],
    ["2.93.4", "green"],
    ["2.95.1", "red", C44028],
    ["2.95.2", "green"],
    ["2.96.0", "green"],
  ])("%s: %s %s %s", (version, light, ...ids) => {
    expect(judged(`nix (Lix, like Nix) ${version}`)).toEqual([
      light,
      ...ids.filter((id) => id !== undefined),
    ]);
  });
});

describe("others", () => {
  it.each([
    ["nix (Determinate Nix 3.8.5) 2.35.2", "yellow"],
    ["nix (Determinate Nix 3.8.5) 2.30.1", "red"],
    ["hello", "yellow"],
    ["", "yellow"],
    ["nix-instantiate (Nix) 2.7.9", "red"],
    ["nix-instantiate (Nix) 1.11.16", "red"],
  ])("%s: %s", (line, light) => {
    expect(judgeNixVersion(line, false).light).toBe(light);
  });

  it("never take time that grows faster than the line", () => {
    expect(parseNixVersion(`nix (${"(".repeat(50_000)}`)).toBeUndefined();
  });
});

describe("what to do", () => {
  it("names the next good release of the same line, and the newest", () => {
    expect(judgeNixVersion("nix (Nix) 2.31.2", false).remedy).toMatch(
      /^Install 2\.31\.5 or 2\.34\.7, or later\.$/m,
    );
    expect(judgeNixVersion("nix (Nix) 2.18.1", false).remedy).toMatch(/^Install 2\.34\.7, or later\.$/m);
    expect(judgeNixVersion("nix (Lix, like Nix) 2.93.1", false).remedy).toMatch(
      /^Install 2\.93\.4 or 2\.95\.2/m,
    );
  });

  it("can be to accept it, which makes it yellow and still tells it", () => {
    expect(judgeNixVersion("nix (Nix) 2.8.0", false).remedy).toContain("--accept known-vulnerable-nix");

    const accepted = judgeNixVersion("nix (Nix) 2.8.0", true);

    expect(accepted.light).toBe("yellow");
    expect(accepted.seen).toContain(C27297);
  });

  it("is not to accept one that is too old to work", () => {
    expect(judgeNixVersion("nix (Nix) 2.7.0", true).light).toBe("red");
  });
});
