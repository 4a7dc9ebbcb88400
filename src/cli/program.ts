/** The words of the command line (DESIGN.md fixes them) and their help. What they do is in `commands/`. */
import { Command } from "commander";
import { checkCommand } from "./commands/check.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { prCommand } from "./commands/pr.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { setupCommand } from "./commands/setup.ts";
import { workerCommand } from "./commands/worker.ts";
import type { TerminalIo } from "./terminal-io.ts";
import { VERSION } from "./version.ts";

const EXAMPLES = `
Examples:
  modprobot check --repo . --base origin/master --head HEAD
  modprobot check --repo ~/nixpkgs --base main --head split-modules --json report.json --html report.html
  modprobot rebuilds --repo . --base HEAD~1 --head HEAD --system x86_64-linux --system aarch64-linux
  modprobot pr NixOS/nixpkgs#423933 --html report.html
  modprobot schema report
  modprobot doctor
  modprobot setup --public-url https://modprobot.example.org --org my-org

Exit status: 0 success · 1 the change breaks something · 2 wrong usage or configuration · 3 could not be checked · 130 interrupted`;

export function createProgram(
  io: TerminalIo,
  signal: AbortSignal,
  setStatus: (status: number) => void,
): Command {
  const program = new Command("modprobot");
  program
    .description(
      "What does a change to a Nix kernel recipe rebuild, resize and break? Checked before it is merged.",
    )
    .version(VERSION)
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(modprobot --help shows examples)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });

  const context = { io, signal, setStatus };
  program.addCommand(inherit(program, checkCommand("check", context)));
  program.addCommand(inherit(program, checkCommand("rebuilds", context)));
  program.addCommand(inherit(program, schemaCommand(context)));
  program.addCommand(inherit(program, setupCommand(context)));
  program.addCommand(inherit(program, doctorCommand(context)));
  program.addCommand(inherit(program, serveCommand(context)));
  program.addCommand(inherit(program, workerCommand(context)));
  program.addCommand(inherit(program, prCommand(context)));
  return program;
}

function inherit(program: Command, command: Command): Command {
  return command.copyInheritedSettings(program);
}
