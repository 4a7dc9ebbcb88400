import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAcceleratorChooser } from "../../src/vm/accelerator.ts";

let directory: string;
let file: string;
/** Any file we may write to stands for /dev/kvm. */
let device: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "accelerator-"));
  file = join(directory, "vm/kvm.json");
  device = join(directory, "kvm");
  await writeFile(device, "");
});
afterEach(() => rm(directory, { recursive: true }));

function probing(works: boolean) {
  const probe = Object.assign(
    async () => {
      probe.calls++;
      return works;
    },
    { calls: 0 },
  );
  return probe;
}

it("does not even ask where there is no /dev/kvm", async () => {
  const probe = probing(true);

  const { accelerator } = await createAcceleratorChooser(file, join(directory, "none"))("7.2", probe);

  expect([accelerator, probe.calls]).toEqual(["tcg", 0]);
});

it.each([
  { works: true, accelerator: "kvm" },
  { works: false, accelerator: "tcg" },
])(
  "asks once for two boots side by side, and keeps a confirmed $accelerator between runs",
  async ({ works, accelerator }) => {
    const probe = probing(works);
    const choose = createAcceleratorChooser(file, device);

    const choices = await Promise.all([choose("7.2", probe), choose("7.2", probe)]);
    await choices[0].confirm();
    const later = await createAcceleratorChooser(file, device)("7.2", probe);

    expect([...choices, later].map((choice) => choice.accelerator)).toEqual([
      accelerator,
      accelerator,
      accelerator,
    ]);
    expect(probe.calls).toBe(1);
  },
);

it("does not believe a no about an image that boots nowhere", async () => {
  const probe = probing(false);

  await createAcceleratorChooser(file, device)("7.2", probe);
  await createAcceleratorChooser(file, device)("7.2", probe);

  expect(probe.calls).toBe(2);
});

it("asks again after a reboot, with another QEMU, and when what it kept is damaged", async () => {
  const probe = probing(true);
  await (await createAcceleratorChooser(file, device)("7.2", probe)).confirm();
  const kept = JSON.parse(await readFile(file, "utf8"));

  await createAcceleratorChooser(file, device)("8.0", probe);
  await writeFile(file, JSON.stringify({ ...kept, boot: "another" }));
  await createAcceleratorChooser(file, device)("7.2", probe);
  await writeFile(file, '{"boot":');
  await createAcceleratorChooser(file, device)("7.2", probe);

  expect(probe.calls).toBe(4);
});

it("takes an interrupted question for no answer", async () => {
  const choose = createAcceleratorChooser(file, device);
  const probe = probing(true);

  await expect(choose("7.2", () => Promise.reject(new Error("interrupted")))).rejects.toThrow("interrupted");

  expect((await choose("7.2", probe)).accelerator).toBe("kvm");
});
