/** `modprobot doctor`: is this machine, and this App, fit for the work? Looks, and changes nothing. */
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { readAppManifest } from "../../config/app-manifest.ts";
import { colourRefused, defaultDataDirectory, settingsSoFar } from "../../config/env.ts";
import { makeRunDirectory } from "../../run-directory.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT } from "../exit-status.ts";
import { VERSION } from "../version.ts";

const ACCEPTABLE = ["known-vulnerable-nix"] as const;

interface DoctorOptions {
  readonly json?: boolean;
  readonly data?: string;
  readonly accept?: readonly (typeof ACCEPTABLE)[number][];
}

const HELP = `
Green is well; yellow works, and you should know; red does not work, or not safely. What could not be looked at is "not
checked", and never green. Settings are those of \`modprobot serve\`; without any, the machine alone is looked at.

Exit status: 0 nothing is red · 2 wrong usage · 3 something is red`;

export function doctorCommand({ io, signal, setStatus }: CommandContext): Command {
  return new Command("doctor")
    .description("look whether machine, settings and GitHub App are fit, and say what to do where not")
    .option("--json", "for programs")
    .option("--data <dir>", "where `modprobot serve` keeps its data (default: MODPROBOT_DATA)")
    .addOption(
      new Option("--accept <what...>", "call yellow what would be red, because you know and mean it").choices(
        ACCEPTABLE,
      ),
    )
    .addHelpText("after", HELP)
    .action(async ({ json, data, accept = [] }: DoctorOptions) => {
      const settings = settingsSoFar();
      const manifest = readAppManifest();
      // Loaded here: their libraries cost a second that no other command needs to spend.
      const { examinationsOf } = await import("../doctor/examinations.ts");
      const { examineAll } = await import("../doctor/examine.ts");
      const { diagnosesJson, renderDiagnoses } = await import("../doctor/render.ts");
      await using run = await makeRunDirectory(tmpdir());
      const examined = await examineAll(
        examinationsOf({
          settings,
          manifest,
          dataDirectory: resolve(data ?? settings.settings.dataDirectory ?? defaultDataDirectory()),
          temporaryDirectory: run.path,
          acceptsVulnerableNix: accept.includes("known-vulnerable-nix"),
        }),
        signal,
      );
      const { isTTY = false, columns = 100 } = io.stdout;
      io.stdout.write(
        json === true
          ? diagnosesJson(examined, VERSION)
          : renderDiagnoses(examined, { colour: isTTY && !colourRefused(), width: columns }),
      );
      setStatus(examined.some(({ light }) => light === "red") ? EXIT.notChecked : EXIT.success);
    });
}
