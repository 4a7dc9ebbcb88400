/** `npm run bench [-- NAME]`: measurements anyone can run. Prints tables; never fails on a figure. */
import { benchCheck } from "./check.ts";
import { benchWebhooks } from "./webhooks.ts";

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  check: benchCheck,
  webhooks: () => benchWebhooks(),
};

const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) {
  const bench = BENCHES[name];
  if (bench === undefined) {
    process.stderr.write(
      `bench: no bench is called ${JSON.stringify(name)}; there are: ${Object.keys(BENCHES).join(", ")}\n`,
    );
    process.exit(2);
  }
  await bench();
}
