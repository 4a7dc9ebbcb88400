import { describe, expect, it } from "vitest";
import { createLog } from "../src/log.ts";

const SECRET = "a-secret-of-the-webhook";

function logged(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLog({ level: "info", secrets: [SECRET], write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the log", () => {
  it("carries ids from parent to child", () => {
    const lines = logged((log) =>
      log.child({ delivery: "d" }).child({ check: "c" }).info({ stage: "vm" }, "done"),
    );

    expect(lines).toEqual([
      { level: "info", time: expect.any(String), delivery: "d", check: "c", stage: "vm", message: "done" },
    ]);
  });

  it("hides secrets wherever they stand, and stays JSON", () => {
    const cause = new Error(`refused: Authorization: token ghs_${"a".repeat(40)}`);
    const lines = logged((log) => {
      log
        .child({ secret: SECRET })
        .error({ err: new Error(`with ${SECRET}`, { cause }) }, `said "${SECRET}"`);
      log.warn({ headers: { authorization: "Bearer abcdefgh", next: 1 } }, "odd");
    });

    const text = JSON.stringify(lines);
    expect(text).not.toMatch(/a-secret|aaaa|abcdefgh/);
    expect(lines[0]).toMatchObject({ secret: "[redacted]", message: 'said "[redacted]"' });
    expect(lines[1]).toMatchObject({ headers: { authorization: "[redacted]", next: 1 } });
  });

  it("leaves out what is below its level", () => {
    expect(logged((log) => log.debug({}, "detail"))).toEqual([]);
  });
});
