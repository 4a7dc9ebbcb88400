import { expect, it } from "vitest";
import { parsePublicUrl } from "../../src/domain/public-url.ts";
import { UserError } from "../../src/errors.ts";

it.each([
  ["https://modprobot.example.org", "https://modprobot.example.org"],
  ["https://modprobot.example.org/", "https://modprobot.example.org"],
  ["https://example.org:8443/modprobot//", "https://example.org:8443/modprobot"],
  ["http://8.8.8.8", "http://8.8.8.8"],
  ["http://172.32.0.1", "http://172.32.0.1"],
])("takes %s", (text, parsed) => {
  expect(parsePublicUrl(text, { mayBeLocal: false })).toBe(parsed);
});

const LOCAL = [
  "http://localhost:3000",
  "http://127.0.0.1",
  "http://10.1.2.3",
  "http://172.16.0.1",
  "http://172.31.255.255",
  "http://192.168.1.1",
  "http://[::1]",
  "http://[fd00::1]",
  "http://server",
  "http://nas.local",
];

it.each(LOCAL)("knows that GitHub cannot reach %s, and an Enterprise host may", (text) => {
  expect(() => parsePublicUrl(text, { mayBeLocal: false })).toThrow(/GitHub cannot reach/);
  expect(parsePublicUrl(text, { mayBeLocal: true })).toBe(text);
});

it.each([
  ["modprobot.example.org", "no address"],
  ["ftp://example.org", "no address"],
  ["https://user:secret@example.org", "a user or a password"],
  ["https://example.org/?a=b", "behind ? or #"],
  ["https://example.org/#a", "behind ? or #"],
])("refuses %s", (text, words) => {
  const parse = () => parsePublicUrl(text, { mayBeLocal: true });
  expect(parse).toThrow(UserError);
  expect(parse).toThrow(words);
});
