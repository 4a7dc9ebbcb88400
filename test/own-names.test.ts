import { expect, it } from "vitest";
import { bootId, ownerOf, ownName } from "../src/own-names.ts";

const DEAD_PID = 2 ** 22 + 1;

it("a name of this process is that of one that is alive", async () => {
  expect(await ownerOf("x-", `${await ownName("x-")}abc`)).toBe("alive");
});

it.each([
  [
    "whose number is nobody's",
    (name: string) => name.replace(`-${process.pid}-`, `-${DEAD_PID}-`),
    "abandoned",
  ],
  ["whose number is another's now", (name: string) => name.replace(/-\d+-abc$/, "-5-abc"), "abandoned"],
  [
    "of another boot or container",
    (name: string) => name.replace(/^x-[0-9a-f]+/, "x-0123456789"),
    "elsewhere",
  ],
  ["of a system that does not tell", (name: string) => name.replace(/^x-[0-9a-f]+/, "x-0"), "elsewhere"],
  ["with another prefix", (name: string) => `y${name}`, "foreign"],
  ["that is longer", (name: string) => `${name}.old`, "foreign"],
  ["that names nobody", () => "x-notes", "foreign"],
] as const)("a name %s is known as that", async (_, change, owner) => {
  expect(await ownerOf("x-", change(`${await ownName("x-")}abc`))).toBe(owner);
});

it("the machine's start has a name", async () => {
  expect(await bootId()).toMatch(/^[0-9a-f-]{36}$/);
});
