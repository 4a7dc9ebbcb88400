/**
 * A check's process as the webhook bench has it: computes as long as it is told, with what checks compute with (texts
 * of derivations, JSON of megabytes), and sends results and stages of the size that a large package set gives.
 */
import { startCalls } from "../src/calls.ts";
import { toParent } from "../src/own-process.ts";

export interface BusyCalls {
  check(plan: { readonly computeMs: number; readonly attrs: number }): Promise<object>;
}

export interface BusyServer {
  save(value: unknown): Promise<void>;
  heard(soFar: object): void;
}

const ours: BusyCalls = {
  async check({ computeMs, attrs }) {
    const names = Array.from(
      { length: attrs },
      (_, index) => `linuxKernel.packages.linux_6_12.package-${index}`,
    );
    const result = resultOf(names);
    for (const part of [1, 2, 3]) {
      compute(computeMs / 3, names);
      if (part === 1) await server.call("save", names);
      if (part < 3) server.tell("heard", result);
    }
    return result;
  },
};
const server = startCalls<BusyServer>(toParent, { ...ours });
void server.closed.then(() => process.exit());

function compute(ms: number, names: readonly string[]): void {
  const until = performance.now() + ms;
  let size = 0;
  while (performance.now() < until) {
    const text = JSON.stringify(names.map((name) => ({ name, env: { PATH: `/nix/store/${name}` } })));
    const parsed = JSON.parse(text) as { name: string }[];
    size += new Map(parsed.map((one) => [one.name, one])).size;
  }
  if (size === 0) throw new Error("it computed nothing");
}

/** Of the shape that is stored and shown; a change that rebuilds everything lists every attr. */
function resultOf(changed: readonly string[]): object {
  return {
    schema: 1,
    base: "b".repeat(40),
    head: "a".repeat(40),
    verdict: "neutral",
    headline: "so far",
    rebuilds: {
      systems: {
        "x86_64-linux": {
          status: "evaluated",
          evaluated: changed.length,
          attrs: changed.length,
          derivations: changed.length,
          ...{ added: [], removed: [], changed, broken: [], fixed: [] },
        },
      },
      os: { linux: changed.length, darwin: 0 },
      labels: [],
    },
    ...{ kernels: [], vm: [], consumers: [], findings: [], stages: [] },
  };
}
