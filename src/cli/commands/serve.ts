/** `modprobot serve`: the GitHub App. Receives webhooks, shows pages and, unless told otherwise, does the work too. */
import { Command } from "commander";
import { serveSettings } from "../../config/env.ts";
import type { System } from "../../domain/evaluation.ts";
import { UserError } from "../../errors.ts";
import { DEFAULT_GRACE_MS, graceMs, howMany, runUntilStopped } from "../app/run-until-stopped.ts";
import type { CommandContext } from "../command-context.ts";
import { hostSystem } from "../host-system.ts";

interface ServeOptions {
  readonly worker: boolean;
  readonly system?: readonly System[];
  readonly checks: number;
  readonly grace?: number;
  readonly data?: string;
}

export function serveCommand({ io, signal }: CommandContext): Command {
  return new Command("serve")
    .description("run the GitHub App: receive webhooks, check pull requests, show reports")
    .option(
      "--no-worker",
      "receive and show only; `modprobot worker` elsewhere does the work (needs DATABASE_URL)",
    )
    .option(
      "--system <systems...>",
      "systems this machine builds for, remote builders included (default: its own)",
    )
    .option("--checks <number>", "checks at the same time", howMany, 1)
    .option("--grace <seconds>", "how long running checks may go on when told to stop (default: 30)", graceMs)
    .option("--data <dir>", "where the embedded database and results are kept (default: MODPROBOT_DATA)")
    .action(async ({ worker, system, checks, grace, data }: ServeOptions) => {
      const settings = serveSettings();
      if (!worker && settings.databaseUrl === undefined)
        throw noSharedDatabase("--no-worker needs DATABASE_URL");
      // Loaded here: its libraries cost a second that no other command needs to spend.
      const { startApp } = await import("../app/start-app.ts");
      const app = await startApp({
        settings,
        web: settings,
        worksHere: worker,
        systems: system ?? [hostSystem()],
        checksAtOnce: checks,
        dataDirectory: data,
        writeLog: (line) => io.stderr.write(line),
      });
      await runUntilStopped(app, grace ?? DEFAULT_GRACE_MS, signal);
    });
}

export function noSharedDatabase(message: string): UserError {
  return new UserError(
    "no-shared-database",
    message,
    "The embedded database can be used by one process only: set DATABASE_URL to a PostgreSQL that server and workers share,\nor run `modprobot serve` alone, which does everything.",
  );
}
