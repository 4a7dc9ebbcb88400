/** Commands of DESIGN.md that are not there yet: they say so instead of being unknown. */
import { Command } from "commander";
import { UserError } from "../../errors.ts";

const PURPOSE = {
  pr: "check a pull request on GitHub",
} as const;

export function laterCommand(name: keyof typeof PURPOSE): Command {
  return new Command(name)
    .description(`${PURPOSE[name]} (not yet available)`)
    .argument("[arguments...]")
    .allowUnknownOption()
    .action(() => {
      throw new UserError(
        "not-available",
        `\`modprobot ${name}\` (${PURPOSE[name]}) is not part of this version`,
        "Check two revisions of a local clone instead:\nmodprobot check --repo DIR --base REV --head REV",
      );
    });
}
