import { describe, expect, it } from "vitest";
import { WireError, WireReader, WireWriter } from "../../../src/nix/store-server/wire.ts";
import { inPieces } from "./in-pieces.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const reader = (text: string) => new WireReader(inPieces(hex(text), 3));

describe("numbers", () => {
  it.each([
    { bytes: "00 00 00 00 00 00 00 00", value: 0 },
    { bytes: "63 78 69 6e 00 00 00 00", value: 0x6e697863 },
    { bytes: "ff ff ff ff ff ff 1f 00", value: Number.MAX_SAFE_INTEGER },
  ])("$value", async ({ bytes, value }) => {
    expect(new WireWriter().number(value).bytes()).toEqual(hex(bytes));
    expect(await reader(bytes).number()).toBe(value);
  });

  it.each([
    { what: "larger than JavaScript counts", bytes: "00 00 00 00 00 00 20 00" },
    { what: "cut short", bytes: "01 00 00 00" },
    { what: "nothing", bytes: "" },
  ])("not $what", async ({ bytes }) => {
    await expect(reader(bytes).number()).rejects.toBeInstanceOf(WireError);
  });
});

describe("strings", () => {
  it.each([
    { value: "", bytes: "00 00 00 00 00 00 00 00" },
    { value: "a", bytes: "01 00 00 00 00 00 00 00 61 00 00 00 00 00 00 00" },
    { value: "12345678", bytes: "08 00 00 00 00 00 00 00 31 32 33 34 35 36 37 38" },
  ])("%j", async ({ value, bytes }) => {
    expect(new WireWriter().string(value).bytes()).toEqual(hex(bytes));
    expect(await reader(bytes).text(8)).toBe(value);
  });

  it.each([
    { what: "over the limit", bytes: "09 00 00 00 00 00 00 00", says: /9 bytes/ },
    {
      what: "padded with something",
      bytes: "01 00 00 00 00 00 00 00 61 00 00 00 00 00 00 01",
      says: /padding/,
    },
    { what: "cut short", bytes: "08 00 00 00 00 00 00 00 31", says: /ends in the midst/ },
  ])("not $what", async ({ bytes, says }) => {
    await expect(reader(bytes).text(8)).rejects.toThrow(says);
  });

  it("come in pieces as well, and everybody sees the same bytes", async () => {
    const message = new WireWriter().string("x".repeat(21)).string("after").bytes();
    const all = new WireReader(inPieces(message, 5));
    const pieces: Buffer[] = [];
    const seen: Buffer[] = [];
    all.tap((bytes) => seen.push(Buffer.from(bytes)));
    await all.pieces((piece) => pieces.push(piece));
    all.tap(undefined);

    expect(Buffer.concat(pieces).toString()).toBe("x".repeat(21));
    expect(Buffer.concat(seen)).toEqual(message.subarray(0, 32));
    expect([await all.text(9), await all.atEnd()]).toEqual(["after", true]);
  });
});

it("a message longer than what was set aside for it comes out whole", () => {
  const long = "y".repeat(5_000);
  const writer = new WireWriter().number(1).strings([long, "z"]);
  const message = writer.bytes();

  expect(message.length).toBe(8 + 8 + 8 + 5_000 + 8 + 8);
  expect(message.subarray(-16)).toEqual(hex("01 00 00 00 00 00 00 00 7a 00 00 00 00 00 00 00"));
  expect(writer.number(2).bytes()).toEqual(hex("02 00 00 00 00 00 00 00"));
});
