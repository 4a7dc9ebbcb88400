/** `modprobot worker`: does the work of a `modprobot serve` that shares its database, on this machine or another. */
import { Command } from "commander";
import { workerSettings } from "../../config/env.ts";
import type { System } from "../../domain/evaluation.ts";
import { DEFAULT_GRACE_MS, graceMs, howMany, runUntilStopped } from "../app/run-until-stopped.ts";
import type { CommandContext } from "../command-context.ts";
import { hostSystem } from "../host-system.ts";
import { noSharedDatabase } from "./serve.ts";

interface WorkerOptions {
  readonly system?: readonly System[];
  readonly checks: number;
  readonly grace?: number;
  readonly data?: string;
}

export function workerCommand({ io, signal }: CommandContext): Command {
  return new Command("worker")
    .description("run a worker of the GitHub App beside `modprobot serve`, on the same PostgreSQL")
    .option(
      "--system <systems...>",
      "systems this machine builds for, remote builders included (default: its own)",
    )
    .option("--checks <number>", "checks at the same time", howMany, 1)
    .option("--grace <seconds>", "how long running checks may go on when told to stop (default: 30)", graceMs)
    .option("--data <dir>", "where results are kept (default: MODPROBOT_DATA)")
    .action(async ({ system, checks, grace, data }: WorkerOptions) => {
      const settings = workerSettings();
      if (settings.databaseUrl === undefined) throw noSharedDatabase("a worker needs DATABASE_URL");
      // Loaded here: its libraries cost a second that no other command needs to spend.
      const { startApp } = await import("../app/start-app.ts");
      const app = await startApp({
        settings,
        web: undefined,
        worksHere: true,
        systems: system ?? [hostSystem()],
        checksAtOnce: checks,
        dataDirectory: data,
        writeLog: (line) => io.stderr.write(line),
      });
      await runUntilStopped(app, grace ?? DEFAULT_GRACE_MS, signal);
    });
}
