import { expect, it } from "vitest";
import { decideQuota, quotaSince } from "../../src/domain/quotas.ts";

const quotas = { pullRequest: 3, person: 5, repository: 10 };

it.each([
  [{ pullRequest: 2, person: 4, repository: 9 }, { allowed: true }],
  [
    { pullRequest: 3, person: 0, repository: 0 },
    { allowed: false, quota: "pullRequest", most: 3 },
  ],
  [
    { pullRequest: 0, person: 5, repository: 0 },
    { allowed: false, quota: "person", most: 5 },
  ],
  [
    { pullRequest: 0, person: 0, repository: 11 },
    { allowed: false, quota: "repository", most: 10 },
  ],
])("%j", (used, decision) => {
  expect(decideQuota(used, quotas)).toEqual(decision);
});

it("counts a day", () => {
  expect(quotaSince(new Date("2025-01-02T00:00:00Z"))).toEqual(new Date("2025-01-01T00:00:00Z"));
});
