/**
 * `npm run bench [-- NAME… --seconds N]`: measurements anyone can run. Prints tables; never fails on a figure.
 *
 * `rebuilds` takes more options: `--small`, `--history`, `--base REV --head REV --rounds N`, and NIXPKGS=DIR.
 */
import { parseArgs } from "node:util";
import { benchCheck } from "./check.ts";
import { benchRebuilds, type RebuildsOptions } from "./rebuilds.ts";
import { benchWebhooks } from "./webhooks.ts";

interface BenchOptions extends RebuildsOptions {
  /** How long each part sends, where a bench sends. */
  readonly seconds: number;
}

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  check: benchCheck,
  rebuilds: benchRebuilds,
  webhooks: ({ seconds }) => benchWebhooks(seconds),
};

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    small: { type: "boolean", default: false },
    history: { type: "boolean", default: false },
    base: { type: "string", default: "e9d868de63^" },
    head: { type: "string", default: "e9d868de63" },
    rounds: { type: "string", default: "5" },
  },
  allowPositionals: true,
});
const options = {
  ...values,
  seconds: numberOf("seconds", values.seconds, 600),
  rounds: numberOf("rounds", values.rounds, 100),
};
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  const bench =
    BENCHES[name] ??
    fail(`no bench is called ${JSON.stringify(name)}; there are: ${Object.keys(BENCHES).join(", ")}`);
  await bench(options);
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text);
  return value >= 1 && value <= most ? value : fail(`--${option} has to be a number from 1 to ${most}`);
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}
