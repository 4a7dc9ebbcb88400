import { expect, it } from "vitest";
import { hasMarker, REPORT_MARKER, replyMarker, withMarker } from "../../src/domain/marker.ts";

it.each([
  ["as written", withMarker("text", REPORT_MARKER), true],
  ["with Windows line ends", `text\r\n\r\n${REPORT_MARKER}\r\n`, true],
  ["quoted further up", `\`\`\`\n${REPORT_MARKER}\n\`\`\`\nmore`, false],
  ["inside of a line", `see ${REPORT_MARKER}`, false],
  ["none", "text", false],
])("%s", (_, body, has) => {
  expect(hasMarker(body, REPORT_MARKER)).toBe(has);
});

it("lets no key end its own comment", () => {
  expect(replyMarker("1 --> <b> --")).toBe("<!-- modprobot:reply 1_b_ -->");
});
