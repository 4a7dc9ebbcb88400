import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OPERATIONS, operationOf } from "../../src/github/operation.ts";
import { PROJECT } from "../harness/modprobot.ts";

const DESCRIPTION = `${PROJECT}/node_modules/@octokit/openapi/generated/api.github.com.json`;

describe("operations", () => {
  it("are called what GitHub's own description calls them", () => {
    const { paths } = JSON.parse(readFileSync(DESCRIPTION, "utf8")) as {
      paths: Record<string, Record<string, { operationId?: string }>>;
    };
    for (const [operation, route] of Object.entries(OPERATIONS)) {
      const [method = "", path = ""] = route.split(" ");
      expect(paths[path]?.[method.toLowerCase()]?.operationId, route).toBe(operation);
    }
  });

  it.each([
    ["GET", "/repos/o/r/pulls/7", "pulls/get"],
    ["GET", "/repositories/42/pulls?state=open&page=2", "pulls/list"],
    ["GET", "/repos/o/r/contents/.github/modprobot.yml?ref=main", "repos/get-content"],
    ["DELETE", "/repos/o/r/issues/7/labels/modprobot%3A%20x", "issues/remove-label"],
    ["POST", "/app/installations/7/access_tokens", "apps/create-installation-access-token"],
    ["POST", "/repos/o/r/pulls/7", "other"],
    ["GET", "/repos/o/r/pulls/7/files", "other"],
  ])("%s %s is %s", (method, path, operation) => {
    for (const apiUrl of ["https://api.github.com", "https://github.example/api/v3"])
      expect(operationOf(method, apiUrl + path, apiUrl)).toBe(operation);
  });
});
