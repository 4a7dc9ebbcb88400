import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type { CheckResult } from "../../src/domain/check-result.ts";
import { InternalError } from "../../src/errors.ts";
import { renderJson } from "../../src/report/json.ts";
import { reportJsonSchema, type reportSchema } from "../../src/report/schema.ts";
import { checkResult, STORIES } from "../harness/results.ts";

describe("the schema", () => {
  it("describes CheckResult, no more and no less", () => {
    expectTypeOf<z.infer<typeof reportSchema>>().toEqualTypeOf<CheckResult>();
  });

  it.each(Object.entries(STORIES))("%s fits the published schema", (_, story) => {
    const validate = new Ajv2020({ strict: true }).compile(reportJsonSchema());

    expect(validate(JSON.parse(renderJson(story()))), JSON.stringify(validate.errors)).toBe(true);
  });

  it("lets readers meet keys of later versions", () => {
    const validate = new Ajv2020({ strict: true }).compile(reportJsonSchema());

    expect(validate({ ...checkResult(), later: 1 })).toBe(true);
    expect(validate({ ...checkResult(), schema: 2 })).toBe(false);
  });
});

describe("renderJson", () => {
  it.each(Object.entries(STORIES))("%s", async (name, story) => {
    await expect(renderJson(story())).toMatchFileSnapshot(`golden/${name}.json`);
  });

  it("gives the same bytes however the result was put together", () => {
    const result = STORIES["founding-case"]();
    const backwards = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(backwards);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, part]) => [key, backwards(part)]),
      );
    };

    expect(renderJson(backwards(result) as CheckResult)).toBe(renderJson(result));
    expect(JSON.parse(renderJson(result))).toEqual(result);
  });

  it("refuses a result that does not fit: that is our bug", () => {
    const result = { ...checkResult(), extra: 1 };

    expect(() => renderJson(result)).toThrow(InternalError);
  });
});
