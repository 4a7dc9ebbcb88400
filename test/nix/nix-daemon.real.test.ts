/** Building as an ordinary user, whom the daemon does not trust: what works, and which settings count. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type NixDaemon, startNixDaemon } from "./nix-daemon.ts";

const isRoot = process.getuid?.() === 0;

async function buildAndTell(daemon: NixDaemon) {
  const { exitCode, stdout, stderr } = await daemon.asOrdinaryUser("build-and-tell.ts");
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe.skipIf(!isRoot)(
  `an ordinary user${isRoot ? "" : " (skipped: only root can start a nix-daemon)"}`,
  () => {
    it("builds through the daemon, sees logs, and roots results", async () => {
      await using daemon = await startNixDaemon("");

      const { uid, outcomes, roots } = await buildAndTell(daemon);

      expect(uid).not.toBe(0);
      expect(outcomes.a.status).toBe("built");
      expect(await readFile(outcomes.a.outputs.out, "utf8")).toBe("copied and built\n");
      expect(outcomes.b).toMatchObject({ status: "failed", cause: "builder", logTail: ["why it fails"] });
      expect(roots).toHaveLength(1);
    });

    it.each([
      { lines: "sandbox = relaxed", refused: "sandbox-off", message: "only relaxed" },
      { lines: "sandbox = false", refused: "sandbox-broken", message: "a build " },
      { lines: "allowed-users = root", refused: "nix-unusable", message: "this user cannot build with Nix" },
    ])("is refused where the daemon's own settings say $lines", async ({ lines, refused, message }) => {
      await using daemon = await startNixDaemon(lines);

      const told = await buildAndTell(daemon);

      expect(told).toMatchObject({ refused, message: expect.stringContaining(message) });
    });
  },
);
