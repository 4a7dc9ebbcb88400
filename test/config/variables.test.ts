import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseServeSettings, parseWorkerSettings, type Variables } from "../../src/config/app-settings.ts";
import { PASSED_ON } from "../../src/config/env.ts";
import { parseSetupSettings } from "../../src/config/setup-settings.ts";
import { parseTokenSettings } from "../../src/config/token-settings.ts";
import { VARIABLES, type VariableUser } from "../../src/config/variables.ts";
import { UserError } from "../../src/errors.ts";

const SOURCE = readFileSync(join(import.meta.dirname, "../../src/config/env.ts"), "utf8");

/** Names that a parser looks at, with nothing set and with each variable set: some are read where others are. */
function namesRead(parse: (variables: Variables) => unknown): Set<string> {
  const names = new Set<string>();
  for (const given of [undefined, ...Object.keys(VARIABLES)]) {
    const watched = new Proxy<Variables>(
      {},
      {
        get(_target, name) {
          names.add(String(name));
          return name === given ? "x" : undefined;
        },
      },
    );
    try {
      parse(watched);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return names;
}

/** Names that a table entry stands for. */
function namesDescribed(user: VariableUser): Set<string> {
  return new Set(
    Object.entries(VARIABLES).flatMap(([name, words]) => {
      if (!(words.users as readonly VariableUser[]).includes(user)) return [];
      return "orFile" in words ? [name, `${name}_FILE`] : [name];
    }),
  );
}

/** Read by `env.ts` itself, for whichever command. */
const READ_DIRECTLY = new Set(
  [...SOURCE.matchAll(/process\.env\["(\w+)"\]/g)].flatMap(([, name]) => name ?? []),
);
/** Read by Node's `os.tmpdir()`. */
const READ_BY_NODE = ["TMPDIR"];

describe("every variable that is read is described, and the other way round", () => {
  it.each([
    ["serve", parseServeSettings],
    ["worker", parseWorkerSettings],
    ["setup", parseSetupSettings],
    ["pr", parseTokenSettings],
  ] as const)("for %s", (user, parse) => {
    const described = [...namesDescribed(user)].filter(
      (name) => !READ_DIRECTLY.has(name) && !READ_BY_NODE.includes(name),
    );

    expect([...namesRead(parse)].sort()).toEqual(described.sort());
  });

  it("for the programs we start", () => {
    expect([...namesDescribed("programs")].sort()).toEqual([...PASSED_ON].sort());
  });

  it("where the environment is read directly", () => {
    expect(READ_DIRECTLY.size).toBeGreaterThan(0);
    for (const name of READ_DIRECTLY) expect(Object.keys(VARIABLES)).toContain(name);
  });
});
