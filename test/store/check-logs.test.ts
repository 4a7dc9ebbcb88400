import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createLogDirectory } from "../../src/store/check-logs.ts";
import { temporaryDirectory } from "../harness/modprobot.ts";

const directory = temporaryDirectory();
const ID = "6f1c0e4e-58a5-4c30-9f5b-0d3f3a6f2a11";
let count = 0;

function logs() {
  const root = join(directory, `${++count}`);
  return { root, ...createLogDirectory(root) };
}

it("keeps what it is given, compressed, and gives it back by its name", async () => {
  const { of, list, read } = logs();
  await of(ID).keep("build-linux-6.12", ["make", "ld: no"]);
  await of(ID).keep("boot", ["first try"]);
  await of(ID).keep("boot", ["second try"]);

  const kept = await list(ID);
  expect(kept.map(({ name }) => name)).toEqual(["boot", "build-linux-6.12"]);
  expect(readFileSync(kept[1]?.path ?? "").subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  expect(await read(ID, "build-linux-6.12")).toBe("make\nld: no\n");
  expect(await read(ID, "boot")).toBe("second try\n");
});

it("keeps the end of what is too long, and says so", async () => {
  const { of, read } = logs();
  const lines = Array.from({ length: 30_000 }, (_, index) => `${index} ${"x".repeat(50)}`);
  await of(ID).keep("build", lines);

  const text = (await read(ID, "build")) ?? "";
  expect(text.length).toBeLessThan(1_100_000);
  expect(text).toMatch(/^\[\d+ lines before this were left out\]\n/);
  expect(text.endsWith(`${lines.at(-1)}\n`)).toBe(true);
});

it("takes out what a terminal would act on", async () => {
  const { of, read } = logs();
  await of(ID).keep("build", ["\u001b]0;title\u0007\u001b[31mred\u001b[0m", "a\rb", "\u202egnp"]);

  expect(await read(ID, "build")).toBe("red\na\nb\n\ufffdgnp\n");
});

it.each(["../../escape", "/etc/passwd", ".hidden", "a/b", "", "\0", "x".repeat(500)])(
  "makes a file of its own for %j",
  async (name) => {
    const { root, of, list, read } = logs();
    await of(ID).keep(name, ["text"]);

    expect(readdirSync(root)).toEqual([ID]);
    const [log, ...others] = await list(ID);
    expect(others).toEqual([]);
    expect(await read(ID, log?.name ?? "")).toBe("text\n");
  },
);

it("reads nothing that it does not list", async () => {
  const { root, of, read, list } = logs();
  await of(ID).keep("build", ["text"]);

  expect(await read(ID, `../${ID}/build`)).toBe(undefined);
  expect(await read("..", "build")).toBe(undefined);
  expect(await read(`../${root.split("/").at(-1)}/${ID}`, "build")).toBe(undefined);
  expect(await list("nobody's")).toEqual([]);
});

it("keeps a hundred of one check and no more", async () => {
  const { of, list } = logs();
  for (let index = 0; index < 105; index += 1) await of(ID).keep(`log-${index}`, ["text"]);

  expect(await list(ID)).toHaveLength(100);
});

it("costs nothing but itself where it cannot be kept", async () => {
  const file = join(directory, "a-file");
  writeFileSync(file, "");

  await createLogDirectory(join(file, "logs")).of(ID).keep("build", ["text"]);

  expect(readFileSync(file, "utf8")).toBe("");
});

it("forgets what is older than a month when the next check begins, and nothing that is not its own", async () => {
  const { root, of } = logs();
  const old = join(root, "00000000-58a5-4c30-9f5b-0d3f3a6f2a11");
  const foreign = join(root, "somebody-elses");
  const before = new Date(Date.now() - 31 * 24 * 3_600_000);
  for (const made of [old, foreign]) {
    mkdirSync(made, { recursive: true });
    utimesSync(made, before, before);
  }
  await of(ID).keep("build", ["text"]);
  await expect.poll(() => existsSync(old)).toBe(false);

  expect(readdirSync(root).sort()).toEqual([ID, "somebody-elses"]);
});
