/** Which Nix is refused, and what the refusal tells. Settings are those of a nix.conf made for the test. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { EnvironmentError } from "../../src/errors.ts";
import { signal, type Workplace, workplace } from "./package-set.ts";

const before = { ...process.env };
afterEach(() => {
  for (const name of ["NIX_CONF_DIR", "PATH"]) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

async function refusal(place: Workplace): Promise<EnvironmentError> {
  const error = await place.nix.probe(signal).then(
    ({ version }) => `accepted ${version}`,
    (thrown: unknown) => thrown,
  );
  if (error instanceof EnvironmentError) return error;
  throw new Error(`not refused: ${error}`);
}

/** The machine's settings, with some lines after them that win. */
async function configure(place: Workplace, lines: string): Promise<void> {
  const directory = join(place.directory, "conf");
  await mkdir(directory);
  const own = await readFile("/etc/nix/nix.conf", "utf8");
  await writeFile(join(directory, "nix.conf"), `${own}\n${lines}\n`);
  process.env["NIX_CONF_DIR"] = directory;
}

async function fakeProgram(place: Workplace, name: string, script: string): Promise<void> {
  const directory = join(place.directory, "bin");
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, name), 0o755);
  process.env["PATH"] = `${directory}:${before["PATH"]}`;
}

it("accepts this machine, and says its version", async () => {
  await using place = await workplace();

  expect((await place.nix.probe(signal)).version).toMatch(/^\d+\.\d+/);
});

describe("a sandbox that is not whole is refused, with the line to write", () => {
  it.each([
    { lines: "sandbox = false", code: "sandbox-off", remedy: "sandbox = true" },
    { lines: "sandbox = relaxed", code: "sandbox-off", remedy: "sandbox = true" },
    { lines: "sandbox-fallback = true", code: "sandbox-fallback", remedy: "sandbox-fallback = false" },
  ])("$lines", async ({ lines, code, remedy }) => {
    await using place = await workplace();
    await configure(place, lines);

    const error = await refusal(place);

    expect(error.code).toBe(code);
    expect(error.details).toContain(remedy);
  });

  it("one that shows this machine to a build", async () => {
    await using place = await workplace();
    await configure(place, `extra-sandbox-paths = ${place.dataDirectory}`);

    expect((await refusal(place)).message).toContain("a build can read files of this host");
  });
});

describe("a Nix that cannot be used is refused", () => {
  it("none at all", async () => {
    await using place = await workplace();
    process.env["PATH"] = "/nonexistent";

    expect((await refusal(place)).code).toBe("nix-missing");
  });

  it.each([
    { said: "nix-instantiate (Nix) 2.7.0", code: "nix-too-old" },
    { said: "nix-instantiate (Nix) 1.11.16", code: "nix-too-old" },
    { said: "hello", code: "nix-unreadable" },
  ])("$said", async ({ said, code }) => {
    await using place = await workplace();
    await fakeProgram(place, "nix-instantiate", `echo '${said}'`);

    expect((await refusal(place)).code).toBe(code);
  });

  it("one whose settings cannot be read", async () => {
    await using place = await workplace();
    await fakeProgram(place, "nix", "echo 'error: no' >&2; exit 1");

    expect((await refusal(place)).message).toContain("error: no");
  });
});

it("does not evaluate without a jail", async () => {
  await using place = await workplace();
  await fakeProgram(place, "bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1");
  const checkout = { commit: "0".repeat(40), tree: "t", directory: place.directory };
  await writeFile(join(place.directory, "default.nix"), "{ ... }: { }");
  const request = {
    checkout,
    system: "x86_64-linux",
    entry: "default.nix",
    config: {},
    timeoutSeconds: 9,
    memory: { kind: "bytes" as const, bytes: 2 ** 32 },
  };

  await expect(place.nix.evaluate(request, () => undefined, signal)).rejects.toMatchObject({
    code: "jail-failed",
  });
});
