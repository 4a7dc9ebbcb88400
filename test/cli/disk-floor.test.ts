import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { diskProbe, shortOfDisk } from "../../src/cli/app/probes.ts";

it("says where there is too little room, and nothing of what does not exist", async () => {
  const everywhere = ["/nonexistent", tmpdir()];

  expect(await shortOfDisk(everywhere, 1)).toBe(null);
  expect(await shortOfDisk(everywhere, 2 ** 60)).toMatch(
    /^\d+ MiB are free in \/\S+, fewer than 1099511627776$/,
  );
});

it("is a reason not to be ready", async () => {
  expect(await diskProbe(["/proc"]).look(new AbortController().signal)).toMatch(/^0 MiB are free in \/proc/);
});
