/**
 * `npm run bench [-- NAME… --seconds N]`: measurements anyone can run. Prints tables; never fails on a figure.
 */
import { parseArgs } from "node:util";
import { benchCheck } from "./check.ts";
import { benchWebhooks } from "./webhooks.ts";

/** @param seconds how long each part sends, where a bench sends */
const BENCHES: Readonly<Record<string, (seconds: number) => Promise<void>>> = {
  check: benchCheck,
  webhooks: benchWebhooks,
};

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "30" } },
  allowPositionals: true,
});
const seconds = Number(values.seconds);
if (!(seconds > 0 && seconds <= 600)) fail("--seconds has to be a number from 1 to 600");
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  const bench =
    BENCHES[name] ??
    fail(`no bench is called ${JSON.stringify(name)}; there are: ${Object.keys(BENCHES).join(", ")}`);
  await bench(seconds);
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}
