import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { text as readAll } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { createRedactor, REDACTED } from "../src/redact.ts";

const SECRET = 'wébhook/secret+of"today';
const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();
const STATELESS = `ghs_123456_eyJhbGciOiJSUzI1NiJ9.${"aB-_".repeat(100)}.${"x-Y_".repeat(20)}`;

const redactor = createRedactor([SECRET, KEY, "short"]);

describe("redaction", () => {
  it.each([
    ["a known secret", `before ${SECRET} after`, `before ${REDACTED} after`],
    ["one inside JSON", JSON.stringify({ a: SECRET }), `{"a":"${REDACTED}"}`],
    ["one in an address", `?s=${encodeURIComponent(SECRET)}&b`, `?s=${REDACTED}&b`],
    ["one in base64", Buffer.from(SECRET).toString("base64"), REDACTED],
    ["one twice", SECRET + SECRET, REDACTED + REDACTED],
    ["one line of a key", `| ${KEY.split("\n")[3]} |`, `| ${REDACTED} |`],
    ["a key", `a ${KEY}b`, `a ${REDACTED}\nb`],
    [
      "a key nobody told us of",
      "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nnext line",
      `${REDACTED}\nnext line`,
    ],
    ["a key inside JSON", '{"k":"-----BEGIN PRIVATE KEY-----\\nMIIE"}', `{"k":"${REDACTED}"}`],
    ["a token of old", `token=ghp_${"a".repeat(36)};`, `token=${REDACTED};`],
    ["a token of today, to its end", `https://x:${STATELESS}@host`, `https://x:${REDACTED}@host`],
    ["a personal token", `github_pat_${"a1_".repeat(27)} x`, `${REDACTED} x`],
    ["a header", "Authorization: Bearer abc.def\nnext", `Authorization: ${REDACTED}\nnext`],
    ["a header inside JSON", '{"authorization":"token abc","b":1}', `{"authorization":"${REDACTED}","b":1}`],
    [
      "a header inside JSON inside JSON",
      String.raw`{"a":"{\"authorization\":\"token abc\"}"}`,
      String.raw`{"a":"{\"authorization\":\"${REDACTED}\"}"}`,
    ],
  ])("hides %s", (_name, text, expected) => {
    expect(redactor.text(text)).toBe(expected);
  });

  it.each([
    ["what only begins like a token", `ghp_${"a".repeat(35)}`],
    ["what only begins like a secret", SECRET.slice(0, -1)],
    ["what is too short to be told from other text", "short"],
    ["a public key", "-----BEGIN PUBLIC KEY-----"],
    ["a word about authorization", "authorization of pull requests"],
  ])("leaves %s", (_name, text) => {
    expect(redactor.text(text)).toBe(text);
  });

  it("does the same wherever the text is cut", async () => {
    const text = [
      `begin ${SECRET}`,
      STATELESS,
      `Authorization: token ${STATELESS}`,
      "-----BEGIN PRIVATE KEY-----\nMIIEabc\n-----END PRIVATE KEY-----",
      `ghs_${"é".repeat(3)} github_pat_ -----BEGIN gh gho_ ${SECRET.slice(0, 9)}`,
    ].join("\n");
    const bytes = Buffer.from(text);
    const whole = redactor.text(text);

    expect(whole).not.toContain("eyJ");
    for (let at = 0; at <= bytes.length; at++) {
      const stream = redactor.stream();
      stream.write(bytes.subarray(0, at));
      stream.end(bytes.subarray(at));
      expect(await readAll(stream), `cut at byte ${at}`).toBe(whole);
    }
  });

  it("does the same byte by byte", async () => {
    const text = `x ${SECRET} y ${STATELESS} z ${KEY} end`;
    const stream = redactor.stream();
    for (const byte of Buffer.from(text)) stream.write(Buffer.of(byte));
    stream.end();

    expect(await readAll(stream)).toBe(redactor.text(text));
  });

  it("hides only so much of a key that never ends", () => {
    const text = `-----BEGIN PRIVATE KEY-----${"A".repeat(50_000)}`;

    expect(redactor.text(text).length).toBeGreaterThan(30_000);
  });

  it("takes time in proportion to the text", () => {
    const hostile = "authorization".repeat(20_000) + "-----BEGIN ".repeat(20_000) + "gh".repeat(100_000);
    const started = performance.now();
    redactor.text(hostile);

    expect(performance.now() - started).toBeLessThan(2000);
  });
});
